#pragma once

#include <tide/util/result.hpp>

#include <sqlite3.h>

#include <memory>
#include <string>

namespace tide::store {

// A prepared statement. Parameters count from 1, columns from 0, as in SQLite.
class Statement {
 public:
  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, std::int64_t value);
  Result<bool> step();  // whether there is a row
  Result<void> run();   // to its end, then ready for the next parameters
  std::string text(int column) const;
  std::int64_t integer(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { ::sqlite3_finalize(statement); }
  };

  Statement(const class Database& database, sqlite3_stmt* statement) : m_database(&database), m_statement(statement) {}

  const Database* m_database;
  std::unique_ptr<sqlite3_stmt, Finalize> m_statement;
};

// One connection; stays where it is.
class Database {
 public:
  static Result<std::unique_ptr<Database>> open(const std::string& path, int flags);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Result<void> execute(const std::string& sql);
  Result<Statement> prepare(const std::string& sql) const;
  Error error_of(int code) const;
  Error damaged(std::string_view why) const;
  const std::string& path() const { return m_path; }
  bool in_transaction() const { return ::sqlite3_get_autocommit(m_handle.get()) == 0; }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { ::sqlite3_close_v2(handle); }
  };

  explicit Database(std::string path) : m_path(std::move(path)) {}

  std::string m_path;
  std::unique_ptr<sqlite3, Close> m_handle;
};

// Rolled back unless committed.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database, bool writing);
  Transaction(Transaction&& other) noexcept : m_database(std::exchange(other.m_database, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(Database& database) : m_database(&database) {}
  Database* m_database;
};

// "Run it as the owner ...", naming who owns this path or its folder.
std::string sudo_hint(const std::string& path);

}  // namespace tide::store
