#pragma once

#include <tide/util/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace tide::batch::gridengine {

// A hold's note as the value of a resource, which may hold neither ',' nor '=' nor a quote: "tide:_end_idle:_idle", a
// blank as '_', others as %2C. And back; a note that a person wrote is read as it stands.
std::string encode_note(std::string_view note);
std::string decode_note(std::string_view value);

// The value by which tide marks a host: the note of its hold, and the queues whose instances there were disabled before
// tide disabled the rest: "tide:_end_idle:_idle|gpu.q". "|gpu.q" has no note, so it makes no hold look like tide's.
struct Mark {
  std::string note;
  std::vector<std::string> closed;

  bool operator==(const Mark&) const = default;
};
std::string encode_mark(const Mark& mark);
Mark decode_mark(std::string_view value);

}  // namespace tide::batch::gridengine
