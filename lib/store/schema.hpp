#pragma once

#include <tide/store/database.hpp>

namespace tide::store {

Result<void> create_schema(Database& database);
Result<void> check_schema(Database& database);  // ours, and of a version that this tide knows

// Makes the file with its schema, or leaves the one that is there: it appears whole or not at all, so that an empty
// file is damage and never a first run.
Result<void> create_file(const std::string& path);

}  // namespace tide::store
