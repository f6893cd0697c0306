#include <tide/store/sqlite_store.hpp>

#include <tide/core/snapshot_json.hpp>
#include <tide/store/readings.hpp>
#include <tide/store/schema.hpp>
#include <tide/util/files.hpp>
#include <tide/util/text.hpp>

#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <optional>
#include <system_error>

namespace tide::store {

namespace {

using core::Memory;

constexpr int k_events_kept = 200'000;  // years of a quiet cluster, weeks of one that never rests; some 40 MiB

// What a save does to one table.
struct Change {
  std::string table;
  std::string key;
  std::optional<std::string> json;  // nothing: the row goes
};
using Changes = std::vector<Change>;

std::string text_of(const std::string& key) { return key; }
template <typename Tag>
std::string text_of(const Id<Tag>& key) {
  return key.value;
}

template <typename Key, typename Row>
void compare(const char* table, const std::map<Key, Row>& before, const std::map<Key, Row>& after, Changes& changes) {
  for (const auto& [key, row] : before) {
    if (!after.contains(key)) changes.push_back({.table = table, .key = text_of(key), .json = std::nullopt});
  }
  for (const auto& [key, row] : after) {
    const auto found = before.find(key);
    if (found == before.end() || !(found->second == row))
      changes.push_back({.table = table, .key = text_of(key), .json = core::to_json(row)});
  }
}

// IDs hold no line ends.
std::string lines_of(const std::vector<core::HeadId>& heads) {
  std::string text;
  for (const auto& head : heads) text += head.value + "\n";
  return text;
}

// One fact a cloud, named by it.
const std::string k_health = "health/";
const std::string k_prices = "prices/";
const std::string k_reservations = "reservations/";
const std::string k_resize = "resize/";  // a pool
const std::string k_kept = "kept/";      // no part of a memory

// The single values of a memory by name. What is unset is absent.
std::map<std::string, std::string> facts_of(const Memory& memory) {
  const Memory none;
  std::map<std::string, std::string> facts;
  if (memory.head != none.head) facts["head"] = memory.head.value;
  if (memory.server != none.server) facts["server"] = memory.server;
  if (!memory.taken_over.empty()) facts["taken_over"] = lines_of(memory.taken_over);
  if (memory.passes != none.passes) facts["passes"] = std::to_string(memory.passes);
  if (memory.clock != none.clock) facts["clock"] = core::to_json(memory.clock);
  if (memory.last_good != none.last_good) facts["last_good"] = core::to_json(memory.last_good);
  if (memory.types != none.types) facts["types"] = core::to_json(memory.types);
  if (memory.suspicion) facts["suspicion"] = core::to_json(*memory.suspicion);
  if (memory.rebuild) facts["rebuild"] = std::to_string(memory.rebuild->seconds);
  if (memory.sleep) facts["sleep"] = core::to_json(*memory.sleep);
  if (memory.spend_clock) facts["spend_clock"] = core::to_json(*memory.spend_clock);
  if (memory.spend_lost) facts["spend_lost"] = std::to_string(memory.spend_lost->time_since_epoch().count());
  for (const auto& [cloud, row] : memory.health) facts[k_health + cloud.value] = core::to_json(row);
  for (const auto& [cloud, row] : memory.prices) facts[k_prices + cloud.value] = core::to_json(row);
  for (const auto& [cloud, row] : memory.reservations) facts[k_reservations + cloud.value] = core::to_json(row);
  for (const auto& [pool, row] : memory.resizes) facts[k_resize + pool.value] = core::to_json(row);
  return facts;
}

Changes difference(const Memory& before, const Memory& after) {
  Changes changes;
  compare("intents", before.intents, after.intents, changes);
  compare("machines", before.machines, after.machines, changes);
  compare("holds", before.holds, after.holds, changes);
  compare("nodes", before.nodes, after.nodes, changes);
  compare("back_offs", before.back_offs, after.back_offs, changes);
  compare("breakers", before.breakers, after.breakers, changes);
  compare("spend", before.spend, after.spend, changes);
  compare("boots", before.boots, after.boots, changes);
  const auto facts_before = facts_of(before);
  const auto facts_after = facts_of(after);
  for (const auto& [key, value] : facts_before) {
    if (!facts_after.contains(key)) changes.push_back({.table = "facts", .key = key, .json = std::nullopt});
  }
  for (const auto& [key, value] : facts_after) {
    const auto found = facts_before.find(key);
    if (found == facts_before.end() || found->second != value)
      changes.push_back({.table = "facts", .key = key, .json = value});
  }
  return changes;
}

Result<void> write(Database& database, const Change& change) {
  if (!change.json) {
    TIDE_TRY_ASSIGN(Statement statement, database.prepare("DELETE FROM " + change.table + " WHERE key = ?"));
    return statement.bind(1, change.key).run();
  }
  TIDE_TRY_ASSIGN(Statement statement, database.prepare("INSERT INTO " + change.table +
                                                        " VALUES (?, ?)"
                                                        " ON CONFLICT (key) DO UPDATE SET json = excluded.json"));
  return statement.bind(1, change.key).bind(2, *change.json).run();
}

template <typename Visit>
Result<void> each_row(Database& database, const std::string& table, Visit&& visit) {
  TIDE_TRY_ASSIGN(const bool there, has_table(database, table));
  if (!there) return {};  // opened for reading, and written by an older tide
  TIDE_TRY_ASSIGN(Statement statement, database.prepare("SELECT key, json FROM " + table + " ORDER BY key"));
  for (;;) {
    TIDE_TRY_ASSIGN(const bool found, statement.step());
    if (!found) return {};
    const std::string key = statement.text(0);
    auto visited = visit(key, statement.text(1));
    if (!visited)
      return database.damaged(fmt::format("row '{}' of {}: {}", printable(key, 100), table, visited.error().message));
  }
}

template <typename Key, typename Row>
Result<void> read_rows(Database& database, const char* table, std::map<Key, Row>& rows) {
  return each_row(database, table, [&](const std::string& key, const std::string& json) -> Result<void> {
    TIDE_TRY_ASSIGN(Row row, core::row_from_json<Row>(json));
    rows.emplace(Key{key}, std::move(row));
    return {};
  });
}

Result<std::int64_t> number_from(const std::string& text) {
  const auto number = parse_integer(text);
  if (!number) return make_error(ErrorKind::io, "'{}' is no number", printable(text, 40));
  return *number;
}

Result<void> read_fact(Memory& memory, const std::string& key, const std::string& value) {
  if (key.starts_with(k_kept)) return {};
  if (key == "head") {
    memory.head = {value};
  } else if (key == "server") {
    memory.server = value;
  } else if (key == "taken_over") {
    for (const auto line : split(trim(value), '\n')) memory.taken_over.push_back({std::string(line)});
  } else if (key == "passes") {
    TIDE_TRY_ASSIGN(memory.passes, number_from(value));
  } else if (key == "clock") {
    TIDE_TRY_ASSIGN(memory.clock, core::row_from_json<core::PassClock>(value));
  } else if (key == "last_good") {
    TIDE_TRY_ASSIGN(memory.last_good, core::row_from_json<core::LastGood>(value));
  } else if (key == "suspicion") {
    TIDE_TRY_ASSIGN(memory.suspicion, core::row_from_json<core::Suspicion>(value));
  } else if (key == "types") {
    TIDE_TRY_ASSIGN(memory.types, core::row_from_json<core::TypeBook>(value));
  } else if (key == "rebuild") {
    TIDE_TRY_ASSIGN(const std::int64_t seconds, number_from(value));
    memory.rebuild = Moment{seconds};
  } else if (key == "sleep") {
    TIDE_TRY_ASSIGN(memory.sleep, core::row_from_json<core::Sleep>(value));
  } else if (key == "spend_clock") {
    TIDE_TRY_ASSIGN(memory.spend_clock, core::row_from_json<core::SpendClock>(value));
  } else if (key == "spend_lost") {
    TIDE_TRY_ASSIGN(const std::int64_t seconds, number_from(value));
    memory.spend_lost = TimePoint(Seconds(seconds));
  } else if (key.starts_with(k_health)) {
    TIDE_TRY_ASSIGN(memory.health[{key.substr(k_health.size())}], core::row_from_json<core::CloudHealth>(value));
  } else if (key.starts_with(k_prices)) {
    TIDE_TRY_ASSIGN(memory.prices[{key.substr(k_prices.size())}], core::row_from_json<core::PriceReading>(value));
  } else if (key.starts_with(k_reservations)) {
    TIDE_TRY_ASSIGN(memory.reservations[{key.substr(k_reservations.size())}],
                    core::row_from_json<core::ReservationReading>(value));
  } else if (key.starts_with(k_resize)) {
    TIDE_TRY_ASSIGN(memory.resizes[{key.substr(k_resize.size())}], core::row_from_json<core::Resize>(value));
  } else {
    return make_error(ErrorKind::io, "'{}' is no fact that this tide knows", printable(key, 40));
  }
  return {};
}

// "n1" is in "hold n1; instance i-2", and not in "n10". A number alone is in every sentence: it is a job's where it
// says so.
bool names_word(std::string_view text, std::string_view word) {
  const auto part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_'; };
  const bool number = word.find_first_not_of("0123456789") == std::string_view::npos;
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool whole = (at == 0 || !part(text[at - 1])) && (end == text.size() || !part(text[end]));
    if (whole && (!number || text.substr(0, at).ends_with("job "))) return true;
  }
  return false;
}

class SqliteStore final : public Store {
 public:
  SqliteStore(std::unique_ptr<Database> database, std::string path, bool read_only)
      : m_database(std::move(database)), m_path(std::move(path)), m_read_only(read_only) {}

  Result<Memory> load() override {
    Memory memory;
    TIDE_TRY_ASSIGN(Transaction transaction, Transaction::begin(*m_database, false));  // one moment for all tables
    TIDE_TRY(read_rows(*m_database, "intents", memory.intents));
    TIDE_TRY(read_rows(*m_database, "machines", memory.machines));
    TIDE_TRY(read_rows(*m_database, "holds", memory.holds));
    TIDE_TRY(read_rows(*m_database, "nodes", memory.nodes));
    TIDE_TRY(read_rows(*m_database, "wishes", memory.wishes));
    TIDE_TRY(read_rows(*m_database, "back_offs", memory.back_offs));
    TIDE_TRY(read_rows(*m_database, "breakers", memory.breakers));
    TIDE_TRY(read_rows(*m_database, "spend", memory.spend));
    TIDE_TRY(read_rows(*m_database, "boots", memory.boots));
    TIDE_TRY(each_row(*m_database, "facts",
                      [&](const std::string& key, const std::string& value) { return read_fact(memory, key, value); }));
    TIDE_TRY(transaction.commit());
    return memory;
  }

  Result<void> save(const Memory& before, const Memory& after) override { return write_all(difference(before, after)); }

  Result<void> add_wish(const core::Wish& wish) override {
    return write_all({{.table = "wishes", .key = wish.id.value, .json = core::to_json(wish)}});
  }

  Result<void> close_wish(const core::WishId& wish) override {
    return write_all({{.table = "wishes", .key = wish.value, .json = std::nullopt}});
  }

  Result<void> append(std::span<const Event> events) override {
    TIDE_TRY(check_writable());
    if (events.empty()) return {};
    TIDE_TRY_ASSIGN(Transaction transaction, Transaction::begin(*m_database, true));
    TIDE_TRY_ASSIGN(Statement statement, m_database->prepare("INSERT INTO events (at, pass, type, subject, rule, text)"
                                                             " VALUES (?, ?, ?, ?, ?, ?)"));
    for (const auto& event : events) {
      statement.bind(1, std::int64_t{event.at.time_since_epoch().count()}).bind(2, event.pass).bind(3, event.type);
      TIDE_TRY(statement.bind(4, event.subject).bind(5, event.rule).bind(6, event.text).run());
    }
    TIDE_TRY(m_database->execute("DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - " +
                                 std::to_string(k_events_kept)));
    return transaction.commit();
  }

  Result<std::vector<Event>> events(const EventQuery& query) override {
    TIDE_TRY_ASSIGN(Statement statement,
                    m_database->prepare("SELECT id, at, pass, type, subject, rule, text FROM events"
                                        " WHERE id > ?1 AND at >= ?2 AND (?3 = '' OR subject = ?3 OR instr(text, ?3))"
                                        " AND (?4 = '' OR type = ?4) AND (?6 = 0 OR id <= ?6) ORDER BY id DESC"));
    const std::int64_t since = query.since ? query.since->time_since_epoch().count() : INT64_MIN;
    statement.bind(1, query.after).bind(2, since).bind(3, query.about).bind(4, query.type);
    statement.bind(6, query.up_to);
    std::vector<Event> events;
    while (std::ssize(events) < query.newest) {
      TIDE_TRY_ASSIGN(const bool found, statement.step());
      if (!found) break;
      if (!query.about.empty() && statement.text(4) != query.about && !names_word(statement.text(6), query.about))
        continue;
      events.push_back({.id = statement.integer(0),
                        .at = TimePoint(Seconds(statement.integer(1))),
                        .pass = statement.integer(2),
                        .type = statement.text(3),
                        .subject = statement.text(4),
                        .rule = statement.text(5),
                        .text = statement.text(6)});
    }
    std::ranges::reverse(events);
    return events;
  }

  Result<std::optional<std::string>> kept_text(const std::string& name) override {
    TIDE_TRY_ASSIGN(Statement statement, m_database->prepare("SELECT json FROM facts WHERE key = ?"));
    statement.bind(1, k_kept + name);
    TIDE_TRY_ASSIGN(const bool found, statement.step());
    return found ? std::optional(statement.text(0)) : std::nullopt;
  }

  Result<void> keep_text(const std::string& name, const std::string& text) override {
    return write_all({{.table = "facts", .key = k_kept + name, .json = text}});
  }
  Result<void> keep(const core::Snapshot& snapshot, const std::optional<Sample>& sample) override {
    TIDE_TRY(check_writable());
    return keep_reading(*m_database, snapshot, sample);
  }
  Result<std::optional<Kept>> kept() override { return kept_reading(*m_database); }
  Result<std::vector<Sample>> samples(TimePoint since) override { return kept_samples(*m_database, since); }

 private:
  Result<void> check_writable() const {
    if (!m_read_only) return {};
    return make_error(ErrorKind::io, "'{}' was opened for reading only", m_path).with_hint(sudo_hint(m_path));
  }

  Result<void> write_all(const Changes& changes) {
    TIDE_TRY(check_writable());
    if (changes.empty()) return {};
    TIDE_TRY_ASSIGN(Transaction transaction, Transaction::begin(*m_database, true));
    for (const auto& change : changes) TIDE_TRY(write(*m_database, change));
    return transaction.commit();
  }

  std::unique_ptr<Database> m_database;
  std::string m_path;
  bool m_read_only;
};

Result<void> check_local(const std::string& folder) {
  struct statfs found {};
  if (::statfs(folder.c_str(), &found) != 0) {
    return make_error(ErrorKind::io, "'{}' cannot be looked at: {}", folder, std::system_category().message(errno))
        .with_hint(sudo_hint(folder));
  }
  if (!is_network_disk(static_cast<std::uint64_t>(found.f_type))) return {};
  return make_error(ErrorKind::config, "'{}' is on a network disk, where the lock and the store cannot be trusted",
                    folder)
      .with_hint("Set [cluster] state_dir to a folder on a local disk.");
}

Result<std::unique_ptr<Store>> open_in_memory(const StoreOptions& options) {
  TIDE_TRY_ASSIGN(auto database, Database::open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  TIDE_TRY(create_schema(*database));
  return std::unique_ptr<Store>(std::make_unique<SqliteStore>(std::move(database), options.path, options.read_only));
}

enum class Presence { there, missing };

Result<Presence> look_for(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) == 0) return Presence::there;
  if (errno == ENOENT) return Presence::missing;
  return make_error(ErrorKind::io, "'{}' cannot be looked at: {}", path, std::system_category().message(errno))
      .with_hint(sudo_hint(path));
}

}  // namespace

bool is_network_disk(std::uint64_t filesystem_type) {
  constexpr std::array<std::uint64_t, 14> k_types{
      0x6969,                              // nfs
      0x517b,     0xff534d42, 0xfe534d42,  // smb, cifs, smb2
      0x5346414f, 0x6b414653,              // afs: OpenAFS, the kernel's
      0x73757245,                          // coda
      0x564c,                              // ncp
      0x00c36400,                          // ceph
      0x0bd00bd0,                          // lustre
      0x47504653,                          // gpfs
      0x01161970,                          // gfs2
      0x7461636f,                          // ocfs2
      0x19830326,                          // beegfs
  };
  return std::ranges::find(k_types, filesystem_type & 0xffff'ffffU) != k_types.end();
}

Result<std::unique_ptr<Store>> open_store(const StoreOptions& options) {
  if (options.path == ":memory:") return open_in_memory(options);
  const std::string folder =
      options.path.find('/') == std::string::npos ? "." : options.path.substr(0, options.path.find_last_of('/') + 1);
  TIDE_TRY_ASSIGN(const Presence presence, look_for(options.path));
  if (presence == Presence::missing && options.read_only) return open_in_memory(options);
  if (presence == Presence::missing) {
    if (auto made = make_directories(folder); !made) return std::move(made).error().with_hint(sudo_hint(folder));
  }
  TIDE_TRY(check_local(folder));
  if (presence == Presence::missing) TIDE_TRY(create_file(options.path));
  TIDE_TRY_ASSIGN(auto database,
                  Database::open(options.path, options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE));
  TIDE_TRY(check_schema(*database));
  if (!options.read_only) {
    TIDE_TRY(database->execute("PRAGMA journal_mode=WAL"));
    TIDE_TRY(database->execute("PRAGMA synchronous=FULL"));
    TIDE_TRY(add_newer_tables(*database));
  }
  return std::unique_ptr<Store>(std::make_unique<SqliteStore>(std::move(database), options.path, options.read_only));
}

}  // namespace tide::store
