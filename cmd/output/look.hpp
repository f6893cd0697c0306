#pragma once

#include "cmd/output/document.hpp"
#include "cmd/reading.hpp"

#include <string>
#include <vector>

namespace tide::cmd::output {

// What only looking commands show: one screen of `info`, and the parts that `pools`, `explain` and `watch` share.
Section summary(const Reading& reading);
Section sources(const Reading& reading);
Section held(const Reading& reading);  // by people: who, since when, why, and what it cost meanwhile
Section caps(const Reading& reading);
Section next(const Reading& reading);
// What each pool may still launch, and why not.
Section pools_in_full(const Reading& reading);

// TORQUE's server_priv/nodes has this form: "n1 np=4 small"; of all nodes but placeholders.
Section nodes_file(const Reading& reading);
// Of every machine of ours that has one, those too whose node is still to come.
Section addresses(const Reading& reading);

// Only what belongs to one pool; sections without a pool are left as they are.
void keep_pool(Section& section, const std::string& pool);

std::string age_text(std::int64_t seconds);  // "1h5m", "12s"

}  // namespace tide::cmd::output
