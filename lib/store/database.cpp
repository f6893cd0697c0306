#include <tide/store/database.hpp>

#include <pwd.h>
#include <sys/stat.h>

#include <array>

namespace tide::store {

namespace {

constexpr int k_busy_ms = 10'000;  // no transaction of ours takes more than a fraction of it

// Of the path or, where it is missing or hidden, of the nearest folder above it.
std::string owner_of(std::string path) {
  struct stat found {};
  while (::stat(path.c_str(), &found) != 0) {
    const std::size_t slash = path.find_last_of('/');
    if (slash == std::string::npos || slash == 0) return {};
    path.resize(slash);
  }
  passwd entry{};
  passwd* result = nullptr;
  std::array<char, 4'096> buffer{};
  if (::getpwuid_r(found.st_uid, &entry, buffer.data(), buffer.size(), &result) != 0 || result == nullptr) {
    return "#" + std::to_string(found.st_uid);  // sudo takes this form for a user without a name
  }
  return entry.pw_name;
}

}  // namespace

std::string sudo_hint(const std::string& path) {
  const std::string owner = owner_of(path);
  if (owner.empty()) return "Run the command as the owner of the state folder: sudo -u OWNER tide ...";
  return "Run the command as the owner of the state folder: sudo -u '" + owner + "' tide ...";
}

Statement& Statement::bind(int index, std::string_view text) {
  // An empty view may have no address, which SQLite takes for NULL.
  const char* data = text.empty() ? "" : text.data();
  ::sqlite3_bind_text64(m_statement.get(), index, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind(int index, std::int64_t value) {
  ::sqlite3_bind_int64(m_statement.get(), index, value);
  return *this;
}

Result<bool> Statement::step() {
  const int code = ::sqlite3_step(m_statement.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return m_database->error_of(code);
}

Result<void> Statement::run() {
  for (;;) {
    auto row = step();
    if (row && *row) continue;
    ::sqlite3_reset(m_statement.get());
    if (!row) return std::move(row).error();
    return {};
  }
}

std::string Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(::sqlite3_column_text(m_statement.get(), column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(::sqlite3_column_bytes(m_statement.get(), column))};
}

std::int64_t Statement::integer(int column) const { return ::sqlite3_column_int64(m_statement.get(), column); }

Result<std::unique_ptr<Database>> Database::open(const std::string& path, int flags) {
  std::unique_ptr<Database> database(new Database(path));
  sqlite3* handle = nullptr;
  const int code =
      ::sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  database->m_handle.reset(handle);
  if (code != SQLITE_OK) return database->error_of(code);
  ::sqlite3_busy_timeout(handle, k_busy_ms);
  return database;
}

Result<void> Database::execute(const std::string& sql) {
  const int code = ::sqlite3_exec(m_handle.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error_of(code);
  return {};
}

Result<Statement> Database::prepare(const std::string& sql) const {
  sqlite3_stmt* statement = nullptr;
  const int code = ::sqlite3_prepare_v2(m_handle.get(), sql.c_str(), static_cast<int>(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK) return error_of(code);
  return Statement(*this, statement);
}

Error Database::error_of(int code) const {
  const std::string words = m_handle ? ::sqlite3_errmsg(m_handle.get()) : ::sqlite3_errstr(code);
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return damaged(words);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return make_error(ErrorKind::timeout, "'{}' is in use by another process", m_path)
          .with_peer("from SQLite: " + words)
          .with_hint("Try again; `fuser -v " + m_path + "` shows who holds it.");
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return make_error(ErrorKind::io, "'{}' cannot be opened or written by this user", m_path)
          .with_peer("from SQLite: " + words)
          .with_hint(sudo_hint(m_path));
    case SQLITE_FULL:
      return make_error(ErrorKind::io, "'{}' cannot grow: the disk is full", m_path)
          .with_peer("from SQLite: " + words)
          .with_hint("Make room on the disk of [cluster] state_dir; nothing was changed.");
    default:
      return make_error(ErrorKind::io, "'{}' cannot be used", m_path)
          .with_peer("from SQLite: " + words)
          .with_hint("Check the disk of [cluster] state_dir and the kernel's log.");
  }
}

Error Database::damaged(std::string_view why) const {
  return make_error(ErrorKind::io, "'{}' is damaged", m_path)
      .with_peer("from SQLite: " + std::string(why))
      .with_hint("Restore it from a backup, or move " + m_path +
                 "* aside: tide then rebuilds from the clouds' tags, ends nothing for an hour and forgets the spend.");
}

Result<Transaction> Transaction::begin(Database& database, bool writing) {
  TIDE_TRY(database.execute(writing ? "BEGIN IMMEDIATE" : "BEGIN"));
  return Transaction(database);
}

Transaction::~Transaction() {
  if (m_database == nullptr || !m_database->in_transaction()) return;
  // A failed rollback leaves nothing to do: SQLite rolls back when the connection closes.
  static_cast<void>(m_database->execute("ROLLBACK"));
}

Result<void> Transaction::commit() {
  TIDE_TRY(m_database->execute("COMMIT"));
  m_database = nullptr;
  return {};
}

}  // namespace tide::store
