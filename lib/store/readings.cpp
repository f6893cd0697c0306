#include <tide/store/readings.hpp>

#include <tide/core/snapshot_json.hpp>
#include <tide/store/schema.hpp>

namespace tide::store {

namespace {

constexpr int k_samples_kept = 20'000;  // two weeks of a pass each minute
const std::string k_snapshot = "snapshot";
const std::string k_read = "read/";  // then the source

std::int64_t seconds_of(TimePoint time) { return time.time_since_epoch().count(); }

Result<void> put(Database& database, const std::string& key, TimePoint at, const std::string& json) {
  TIDE_TRY_ASSIGN(Statement statement,
                  database.prepare("INSERT INTO readings VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET"
                                   " at = excluded.at, json = excluded.json"));
  return statement.bind(1, key).bind(2, seconds_of(at)).bind(3, json).run();
}

}  // namespace

Result<void> keep_reading(Database& database, const core::Snapshot& snapshot, const std::optional<Sample>& sample) {
  TIDE_TRY_ASSIGN(Transaction transaction, Transaction::begin(database, true));
  TIDE_TRY(put(database, k_snapshot, snapshot.taken_at, core::readings_to_json(snapshot)));
  if (snapshot.server && snapshot.jobs && snapshot.nodes)
    TIDE_TRY(put(database, k_read + "batch", snapshot.taken_at, ""));
  for (const auto& [name, listed] : snapshot.instances) {
    if (listed) TIDE_TRY(put(database, k_read + "cloud:" + name.value, snapshot.taken_at, ""));
  }
  if (sample) {
    TIDE_TRY_ASSIGN(Statement statement,
                    database.prepare("INSERT OR REPLACE INTO samples VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
    statement.bind(1, seconds_of(sample->at)).bind(2, sample->jobs_waiting).bind(3, sample->jobs_running);
    statement.bind(4, sample->nodes_busy).bind(5, sample->nodes_idle).bind(6, sample->nodes_coming);
    TIDE_TRY(statement.bind(7, sample->nodes_going).bind(8, sample->nodes_other).run());
    TIDE_TRY(
        database.execute("DELETE FROM samples WHERE at < (SELECT at FROM samples ORDER BY at DESC LIMIT 1 OFFSET " +
                         std::to_string(k_samples_kept) + ")"));
  }
  return transaction.commit();
}

Result<std::optional<Kept>> kept_reading(Database& database) {
  TIDE_TRY_ASSIGN(const bool there, has_table(database, "readings"));
  if (!there) return std::optional<Kept>();
  TIDE_TRY_ASSIGN(Statement statement, database.prepare("SELECT key, at, json FROM readings ORDER BY key"));
  std::optional<core::Snapshot> snapshot;
  std::map<std::string, TimePoint> read_at;
  for (;;) {
    TIDE_TRY_ASSIGN(const bool found, statement.step());
    if (!found) break;
    const std::string key = statement.text(0);
    if (key == k_snapshot) {
      auto parsed = core::readings_from_json(statement.text(2));
      if (!parsed) return database.damaged(fmt::format("the kept reading: {}", parsed.error().message));
      snapshot = std::move(*parsed);
    } else if (key.starts_with(k_read)) {
      read_at.emplace(key.substr(k_read.size()), TimePoint(Seconds(statement.integer(1))));
    }
  }
  if (!snapshot) return std::optional<Kept>();
  return std::optional<Kept>(Kept{.snapshot = std::move(*snapshot), .read_at = std::move(read_at)});
}

Result<std::vector<Sample>> kept_samples(Database& database, TimePoint since) {
  std::vector<Sample> samples;
  TIDE_TRY_ASSIGN(const bool there, has_table(database, "samples"));
  if (!there) return samples;
  TIDE_TRY_ASSIGN(Statement statement, database.prepare("SELECT * FROM samples WHERE at >= ? ORDER BY at"));
  statement.bind(1, seconds_of(since));
  for (;;) {
    TIDE_TRY_ASSIGN(const bool found, statement.step());
    if (!found) return samples;
    samples.push_back({.at = TimePoint(Seconds(statement.integer(0))),
                       .jobs_waiting = statement.integer(1),
                       .jobs_running = statement.integer(2),
                       .nodes_busy = statement.integer(3),
                       .nodes_idle = statement.integer(4),
                       .nodes_coming = statement.integer(5),
                       .nodes_going = statement.integer(6),
                       .nodes_other = statement.integer(7)});
  }
}

}  // namespace tide::store
