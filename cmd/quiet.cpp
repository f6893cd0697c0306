#include "cmd/quiet.hpp"

#include "cmd/output/errors.hpp"

#include <tide/core/peace.hpp>

#include <ostream>

namespace tide::cmd {

namespace {

const std::string k_kept = "told";

// What was told before; nothing kept, or nothing that can be read, is an empty book: rather twice than never.
core::Peace read_book(store::Store& store) {
  const auto kept = store.kept_text(k_kept);
  if (!kept || !*kept) return {};
  const auto book = core::peace_from_json(**kept);
  return book ? *book : core::Peace{};
}

}  // namespace

output::Trouble trouble_of(const Error& error) { return {fmt::format("pass {}", to_string(error.kind)), error}; }

void tell_in_peace(Context& context, const std::vector<output::Trouble>& troubles) {
  std::vector<core::Problem> problems;
  for (const output::Trouble& trouble : troubles) {
    if (trouble.error.kind == ErrorKind::capacity || trouble.error.kind == ErrorKind::lock_held) continue;
    problems.push_back({trouble.key, output::format_error(trouble.error, context.json())});
  }
  store::Store* store = context.writable_store();
  core::Peace book = store == nullptr ? core::Peace{} : read_book(*store);
  const core::Peace before = book;
  std::ostream& err = context.process().err;
  for (const std::string& text : core::keep_peace(book, problems, context.process().clock.now())) err << text;
  err << std::flush;
  if (store == nullptr || book == before) return;
  if (const auto kept = store->keep_text(k_kept, core::to_json(book)); !kept) context.print(kept.error());
}

}  // namespace tide::cmd
