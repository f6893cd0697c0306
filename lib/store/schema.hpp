#pragma once

#include <tide/store/database.hpp>

namespace tide::store {

Result<void> create_schema(Database& database);
// Tables that an older tide's file lacks; that tide does not look at them.
Result<void> add_newer_tables(Database& database);
Result<bool> has_table(const Database& database, const std::string& name);
Result<void> check_schema(Database& database);  // ours, and of a version that this tide knows

// Makes the file with its schema, or leaves the one that is there: it appears whole or not at all, so that an empty
// file is damage and never a first run.
Result<void> create_file(const std::string& path);

}  // namespace tide::store
