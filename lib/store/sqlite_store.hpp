#pragma once

#include <tide/store/store.hpp>

#include <memory>
#include <string>

namespace tide::store {

constexpr std::string_view k_store_file = "tide.db";  // in the state folder
constexpr int k_schema_version = 1;

struct StoreOptions {
  std::string path;  // of the file, or ":memory:"
  bool read_only = false;
};

// SQLite, WAL, synchronous=FULL, 0600, local disks only. Opened for writing, a missing file is a first run and is made
// with its folder; for reading it is an empty memory. Errors: config (network disk, newer schema, not tide's), io
// (damaged, not allowed, disk full), timeout (another process writes for too long). Nothing damaged is taken for a
// first run.
Result<std::unique_ptr<Store>> open_store(const StoreOptions& options);

// statfs's f_type: where locks and shared memory do not hold over all hosts.
bool is_network_disk(std::uint64_t filesystem_type);

}  // namespace tide::store
