#include <tide/store/schema.hpp>

#include <tide/store/sqlite_store.hpp>
#include <tide/util/files.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace tide::store {

namespace {

constexpr std::int64_t k_application_id = 0x74696465;  // "tide", shown by file(1)

Error cannot_make(const std::string& path, int code) {
  const std::string hint =
      code == EACCES || code == EPERM || code == EROFS ? sudo_hint(path) : "Check the disk of [cluster] state_dir.";
  return make_error(ErrorKind::io, "'{}' cannot be made: {}", path, std::system_category().message(code))
      .with_hint(hint);
}

Result<std::int64_t> first_number(Database& database, const std::string& sql) {
  TIDE_TRY_ASSIGN(Statement statement, database.prepare(sql));
  TIDE_TRY_ASSIGN(const bool found, statement.step());
  return found ? statement.integer(0) : 0;
}

// A new database of its own name, closed again. Already in WAL: processes that open it together and each switch it over
// would find it locked, and SQLite does not wait there.
Result<void> fill(const std::string& path) {
  TIDE_TRY_ASSIGN(const auto database, Database::open(path, SQLITE_OPEN_READWRITE));
  TIDE_TRY(database->execute("PRAGMA journal_mode=WAL"));
  TIDE_TRY(database->execute("PRAGMA synchronous=FULL"));
  return create_schema(*database);
}

int sync_folder(const std::string& path) {
  const UniqueFd folder(::open(path.substr(0, path.find_last_of('/') + 1).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) return errno;
  return 0;
}

}  // namespace

Result<void> create_schema(Database& database) {
  TIDE_TRY(database.execute("PRAGMA application_id=" + std::to_string(k_application_id)));
  TIDE_TRY_ASSIGN(Transaction transaction, Transaction::begin(database, true));
  TIDE_TRY(database.execute("CREATE TABLE schema (version INTEGER NOT NULL) STRICT"));
  TIDE_TRY(database.execute("INSERT INTO schema VALUES (" + std::to_string(k_schema_version) + ")"));
  for (const char* table : {"intents", "machines", "holds", "nodes", "wishes", "back_offs", "breakers", "facts"}) {
    TIDE_TRY(database.execute(std::string("CREATE TABLE ") + table +
                              " (key TEXT PRIMARY KEY NOT NULL, json TEXT NOT NULL) STRICT"));
  }
  TIDE_TRY(database.execute(
      "CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, pass INTEGER NOT NULL,"
      " type TEXT NOT NULL, subject TEXT NOT NULL, rule TEXT NOT NULL, text TEXT NOT NULL) STRICT"));
  TIDE_TRY(transaction.commit());
  return add_newer_tables(database);
}

Result<bool> has_table(const Database& database, const std::string& name) {
  TIDE_TRY_ASSIGN(Statement statement,
                  database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?"));
  return statement.bind(1, name).step();
}

Result<void> add_newer_tables(Database& database) {
  TIDE_TRY_ASSIGN(const bool there, has_table(database, "samples"));
  if (there) return {};
  TIDE_TRY_ASSIGN(Transaction transaction, Transaction::begin(database, true));
  for (const char* table : {"spend", "boots"}) {
    TIDE_TRY(database.execute(std::string("CREATE TABLE IF NOT EXISTS ") + table +
                              " (key TEXT PRIMARY KEY NOT NULL, json TEXT NOT NULL) STRICT"));
  }
  TIDE_TRY(
      database.execute("CREATE TABLE IF NOT EXISTS readings (key TEXT PRIMARY KEY NOT NULL, at INTEGER NOT NULL,"
                       " json TEXT NOT NULL) STRICT"));
  TIDE_TRY(database.execute(
      "CREATE TABLE IF NOT EXISTS samples (at INTEGER PRIMARY KEY NOT NULL, jobs_waiting INTEGER NOT NULL,"
      " jobs_running INTEGER NOT NULL, nodes_busy INTEGER NOT NULL, nodes_idle INTEGER NOT NULL,"
      " nodes_coming INTEGER NOT NULL, nodes_going INTEGER NOT NULL, nodes_other INTEGER NOT NULL) STRICT"));
  return transaction.commit();
}

Result<void> check_schema(Database& database) {
  TIDE_TRY_ASSIGN(const std::int64_t application, first_number(database, "PRAGMA application_id"));
  TIDE_TRY_ASSIGN(const std::int64_t tables, first_number(database, "SELECT count(*) FROM sqlite_schema"));
  if (application == 0 && tables == 0) return database.damaged("the file is empty");
  if (application != k_application_id) {
    return make_error(ErrorKind::config, "'{}' is a database, but not tide's", database.path())
        .with_hint("Point [cluster] state_dir at a folder of tide's own.");
  }
  TIDE_TRY_ASSIGN(const std::int64_t version, first_number(database, "SELECT version FROM schema"));
  if (version < 1) return database.damaged("the schema has no version");
  if (version > k_schema_version) {
    return make_error(ErrorKind::config, "'{}' was written by a newer tide: its schema is {}, this one knows {}",
                      database.path(), version, k_schema_version)
        .with_hint("Run the newer tide here too; it cannot be turned back.");
  }
  return {};
}

Result<void> create_file(const std::string& path) {
  std::string temporary = path + ".new-XXXXXX";
  {
    const UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));  // 0600; -wal and -shm take the same mode
    if (!fd) return cannot_make(path, errno);
  }
  auto filled = fill(temporary);
  // link() fails if another process was first: then its file is as good.
  int code = filled && ::link(temporary.c_str(), path.c_str()) != 0 && errno != EEXIST ? errno : 0;
  ::unlink(temporary.c_str());
  if (!filled) return std::move(filled).error();
  if (code == 0) code = sync_folder(path);
  if (code != 0) return cannot_make(path, code);
  return {};
}

}  // namespace tide::store
