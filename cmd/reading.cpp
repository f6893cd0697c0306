#include "cmd/reading.hpp"

#include "cmd/changing.hpp"

#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::cmd {

namespace {

// A cloud that came into the configuration after that pass.
void admit_new_clouds(core::Snapshot& snapshot, const config::Config& config) {
  for (const auto& [name, settings] : config.clouds) {
    snapshot.clouds.try_emplace(name);
    snapshot.instances.try_emplace(name, make_error(ErrorKind::retry, "no pass has read cloud '{}' yet", name.value));
  }
}

Result<core::Snapshot> last_reading(Context& context, store::Store& store, const config::Config& config,
                                    std::map<std::string, TimePoint>& read_at) {
  TIDE_TRY_ASSIGN(std::optional<store::Kept> kept, store.kept());
  if (!kept) {
    return make_error(ErrorKind::not_found, "no pass has kept a reading yet")
        .with_hint("Leave --cached out, or let a pass run: tide scale-once.");
  }
  TIDE_TRY_ASSIGN(kept->snapshot.memory, store.load());
  TIDE_TRY_ASSIGN(kept->snapshot.memory.head, head_id(context.settings().cluster));
  admit_new_clouds(kept->snapshot, config);
  read_at = std::move(kept->read_at);
  return std::move(kept->snapshot);
}

// Data of a source that answered is as old as the reading; of one that did not, as old as its last good one.
void set_ages(std::vector<output::Source>& sources, const std::map<std::string, TimePoint>& read_at, TimePoint taken_at,
              TimePoint now) {
  for (output::Source& source : sources) {
    const auto found = read_at.find(source.name);
    source.age_seconds.reset();
    if (source.ok) {
      source.age_seconds = std::max<std::int64_t>(0, (now - taken_at).count());
    } else if (found != read_at.end()) {
      source.age_seconds = std::max<std::int64_t>(0, (now - found->second).count());
    }
  }
}

}  // namespace

void decide(Reading& reading) {
  reading.plan = core::plan(reading.snapshot, reading.settings);
  reading.caps = core::caps_of(reading.snapshot, reading.settings);
}

Result<Reading> read_world(Context& context, const ReadOptions& options) {
  TIDE_TRY_ASSIGN(const config::Config* config, context.config());
  Reading reading{.settings = context.settings(), .snapshot = {}, .cached = options.cached};
  std::map<std::string, TimePoint> read_at;
  if (options.cached) {
    TIDE_TRY_ASSIGN(store::Store * store, context.store());
    TIDE_TRY_ASSIGN(reading.snapshot, last_reading(context, *store, *config, read_at));
  } else {
    engine::Ports* ports = options.ports;
    if (ports == nullptr) {
      TIDE_TRY_ASSIGN(ports, context.ports(false));
    }
    TIDE_TRY_ASSIGN(reading.snapshot, engine::observe(*ports, context.settings(), options.all_jobs));
  }
  decide(reading);
  reading.sources = output::sources_of(reading.snapshot);
  const bool failed = std::ranges::any_of(reading.sources, [](const output::Source& source) { return !source.ok; });
  if (failed && !options.cached) {
    TIDE_TRY_ASSIGN(store::Store * store, context.store());
    TIDE_TRY_ASSIGN(std::optional<store::Kept> kept, store->kept());
    if (kept) read_at = std::move(kept->read_at);
  }
  set_ages(reading.sources, read_at, reading.snapshot.taken_at, context.process().clock.now());
  return reading;
}

Error unknown_subject(const Reading& reading, const std::string& what, const std::string& word,
                      const std::vector<std::string>& known) {
  if (engine::exit_code(reading.snapshot) == core::ExitCode::done)
    return unknown(what, word, known, "tide info --with-jobs");
  return not_known(reading.snapshot, fmt::format("whether '{}' exists", printable(word, 80)));
}

namespace {

// The kind whose exit code is that of what could not be read.
ErrorKind kind_of(core::ExitCode readable) {
  switch (readable) {
    case core::ExitCode::batch: return ErrorKind::batch;
    case core::ExitCode::config: return ErrorKind::config;
    case core::ExitCode::not_allowed: return ErrorKind::auth;
    default: return ErrorKind::retry;
  }
}

}  // namespace

Error not_known(const core::Snapshot& snapshot, const std::string& what) {
  Error error{.kind = kind_of(engine::exit_code(snapshot)),
              .message = {},
              .context = {},
              .hint = "'tide info' shows what is known; 'tide doctor' looks for the cause."};
  std::vector<std::string> unread;
  for (const output::Source& source : output::sources_of(snapshot)) {
    if (source.ok) continue;
    unread.push_back(source.name == "batch" ? "the batch system"
                                            : fmt::format("cloud '{}'", source.name.substr(source.name.find(':') + 1)));
    error.context.push_back(source.name + ": " + source.error);
  }
  error.message = fmt::format("{} is not known: {} could not be read", what, join(unread, " and "));
  return error;
}

}  // namespace tide::cmd
