#include "ports.hpp"

#include <fmt/ranges.h>

#include <stdexcept>

namespace tide::test {

FakeStore::FakeStore(Journal& journal) : m_journal(journal) {}
FakeStore::~FakeStore() = default;

Result<core::Memory> FakeStore::load() {
  if (broken) return *broken;
  return m_journal.disk;
}

Result<void> FakeStore::save(const core::Memory& before, const core::Memory& after) {
  if (saves_left == 0) return make_error(ErrorKind::io, "'tide.db': no space left on device");
  if (saves_left > 0) --saves_left;
  // Wishes are commands' to write: what came meanwhile stays.
  core::Memory known = before;
  known.wishes = m_journal.disk.wishes;
  if (!(known == m_journal.disk)) m_journal.say("save: FROM ANOTHER STATE");
  m_journal.disk = after;
  m_journal.disk.wishes = known.wishes;
  return {};
}

Result<void> FakeStore::add_wish(const core::Wish& wish) {
  m_journal.disk.wishes[wish.id] = wish;
  return {};
}

Result<void> FakeStore::close_wish(const core::WishId& wish) {
  m_journal.say("close-wish " + wish.value);
  m_journal.disk.wishes.erase(wish);
  return {};
}

Result<void> FakeStore::append(std::span<const store::Event> more) {
  log.insert(log.end(), more.begin(), more.end());
  return {};
}

Result<std::vector<store::Event>> FakeStore::events(const store::EventQuery& query) {
  std::vector<store::Event> found;
  for (const store::Event& event : log) {
    const bool about =
        query.about.empty() || event.subject == query.about || event.text.find(query.about) != std::string::npos;
    if (about && (query.type.empty() || event.type == query.type)) found.push_back(event);
  }
  const auto newest = static_cast<std::size_t>(query.newest);
  const std::size_t skip = found.size() > newest ? found.size() - newest : 0;
  return std::vector<store::Event>(found.begin() + static_cast<std::ptrdiff_t>(skip), found.end());
}

Result<std::optional<std::string>> FakeStore::kept_text(const std::string& name) {
  const auto found = texts.find(name);
  return found == texts.end() ? std::nullopt : std::optional(found->second);
}

Result<void> FakeStore::keep_text(const std::string& name, const std::string& text) {
  texts[name] = text;
  return {};
}

FakeCloud::FakeCloud(Journal& journal, std::string name, core::CloudTraits traits,
                     Result<std::vector<core::Instance>> listed)
    : m_journal(journal), m_name{std::move(name)}, m_traits(traits), listing(std::move(listed)) {}

core::CloudTraits FakeCloud::limits() const {
  core::CloudTraits traits = m_traits;
  traits.families = families;
  return traits;
}

Result<std::vector<core::Instance>> FakeCloud::list(const std::string& cluster) {
  m_journal.say("list " + m_name.value + " " + cluster);
  return listing;
}

std::vector<Result<cloud::LaunchReply>> FakeCloud::launch(std::span<const core::LaunchRequest> requests) {
  std::vector<Result<cloud::LaunchReply>> replies;
  for (const core::LaunchRequest& request : requests) {
    const auto row = m_journal.disk.intents.find(request.intent);
    const bool on_disk = row != m_journal.disk.intents.end() && row->second.state == core::IntentState::open &&
                         row->second.request == request;
    m_journal.say(fmt::format("{} {} x{}{}", request.restart.empty() ? "launch" : "start", request.pool.value,
                              request.count, on_disk ? "" : ": NOT ON DISK"));
    tokens.push_back(request.intent.value);
    const std::string choice = core::describe(core::bid_of(request));
    asked.push_back(fmt::format("{} x{} {}", choice, request.count, fmt::join(request.names, ",")));
    if (const auto no = refuses.find(choice); no != refuses.end()) {
      replies.push_back(no->second);
      continue;
    }
    if (refusal) {
      replies.push_back(*refusal);
      continue;
    }
    cloud::LaunchReply reply;
    for (const core::InstanceId& id : request.restart) reply.instances.push_back({.cloud = m_name, .id = id});
    if (!request.restart.empty()) {
      replies.push_back(std::move(reply));
      continue;
    }
    const auto room = comes_of.find(choice);
    const int count = std::min(request.count, room == comes_of.end() ? comes : room->second);
    for (int i = 0; i < count; ++i) {
      core::Instance one;
      one.cloud = m_name;
      one.id.value = fmt::format("i-new{}", ++m_started);
      one.names = {request.names.at(static_cast<std::size_t>(i))};
      one.type = request.types.front();
      one.launched_at = k_wall;
      reply.instances.push_back(one);
    }
    replies.push_back(std::move(reply));
  }
  return replies;
}

Result<std::string> FakeCloud::resolve_image(const core::LaunchRequest& request) {
  return image && image->empty() ? Result<std::string>(request.image) : image;
}

std::vector<Result<void>> FakeCloud::terminate(std::span<const core::InstanceId> ids) {
  std::vector<Result<void>> results;
  for (const core::InstanceId& id : ids) {
    const auto row = m_journal.disk.machines.find(id);
    const bool on_disk = row != m_journal.disk.machines.end() && row->second.ending;
    m_journal.say(fmt::format("terminate {}{}", id.value, on_disk ? "" : ": NOT ON DISK"));
    results.push_back(end_error ? Result<void>(*end_error) : Result<void>());
  }
  return results;
}

std::vector<Result<void>> FakeCloud::stop(std::span<const core::InstanceId> ids) {
  std::vector<Result<void>> results;
  for (const core::InstanceId& id : ids) {
    const auto row = m_journal.disk.machines.find(id);
    const bool on_disk = row != m_journal.disk.machines.end() && row->second.ending && row->second.stops;
    m_journal.say(fmt::format("stop {}{}", id.value, on_disk ? "" : ": NOT ON DISK"));
    results.push_back(end_error ? Result<void>(*end_error) : Result<void>());
  }
  return results;
}

Result<std::vector<core::Instance>> FakeCloud::find(std::span<const std::string> words) {
  m_journal.say(fmt::format("find {}", fmt::join(words, " ")));
  return strangers;
}

Result<void> FakeCloud::retag(const core::InstanceId& id, const core::Retag& tags) {
  const auto row = m_journal.disk.machines.find(id);
  const bool on_disk = row != m_journal.disk.machines.end() && (row->second.adopting || row->second.disowning);
  m_journal.say(
      fmt::format("retag {} +{} -{}{}", id.value, tags.set.size(), tags.remove.size(), on_disk ? "" : ": NOT ON DISK"));
  return tag_error ? Result<void>(*tag_error) : Result<void>();
}

Result<std::string> FakeCloud::console(const core::InstanceId& id) {
  m_journal.say("console " + id.value);
  return console_text;
}

std::vector<cloud::UpkeepStep> FakeCloud::keep_up(const cloud::Upkeep& of) {
  thorough.push_back(of.thorough);
  for (const core::Instance& one : of.running) {
    if (!upkeep_says.empty()) m_journal.say(fmt::format("keep up {} for {}", one.id.value, of.cluster));
  }
  return upkeep_says;
}

Result<std::vector<core::Health>> FakeCloud::health(core::HealthQuestion question) {
  m_journal.say((question == core::HealthQuestion::checks ? "checks " : "notices ") + m_name.value);
  return health_says;
}

Result<std::vector<core::SpotPrice>> FakeCloud::spot_prices(std::span<const std::string> types) {
  m_journal.say(fmt::format("prices {} {}", m_name.value, types.size()));
  return std::vector<core::SpotPrice>{{std::string(types.front()), "z1", 40'000}};
}

Result<core::Reservations> FakeCloud::reservations(const std::string& cluster) {
  m_journal.say(fmt::format("reservations {} {}", m_name.value, cluster));
  return core::Reservations{.reserved = {{"t1", "", 1}}, .others = {}, .zones = {}};
}

void FakeCloud::look_for_requests() { m_journal.say("requests " + m_name.value); }

Result<std::vector<cloud::InstanceType>> FakeCloud::types(std::span<const std::string>) {
  return std::vector<cloud::InstanceType>{};
}

FakeCloud::~FakeCloud() = default;

FakeBatch::FakeBatch(Journal& journal, const core::Snapshot& world) : m_journal(journal), m_world(world) {}
FakeBatch::~FakeBatch() = default;

Result<core::ServerIdentity> FakeBatch::server() {
  m_journal.say("server");
  return m_world.server;
}

Result<std::vector<core::Node>> FakeBatch::nodes() {
  m_journal.say("nodes");
  return ++m_readings > 1 && later_nodes ? *later_nodes : m_world.nodes;
}

Result<core::JobQueue> FakeBatch::jobs(bool) {
  m_journal.say("jobs");
  return m_world.jobs;
}

Result<void> FakeBatch::add(const batch::NodeSpec& node) {
  return change("add", node.name,
                m_journal.disk.nodes.contains(node.name) && m_journal.disk.holds.contains(node.name) &&
                    node.note == "tide: joining");
}

Result<void> FakeBatch::set_address(const core::NodeName& node, const std::string&) {
  return change("address", node, true);
}

Result<void> FakeBatch::hold(const core::NodeName& node, const std::string& note) {
  const auto row = m_journal.disk.holds.find(node);
  return change("hold", node, row != m_journal.disk.holds.end() && row->second.note == note);
}

Result<void> FakeBatch::release(const core::NodeName& node) { return change("release", node, true); }

Result<void> FakeBatch::give_up(const core::NodeName& node) { return change("give-up", node, true); }

Result<void> FakeBatch::remove(const core::NodeName& node) { return change("remove", node, true); }

Result<void> FakeBatch::change(const std::string& verb, const core::NodeName& node, bool on_disk) {
  const std::string call = verb + " " + node.value;
  m_journal.say(call + (on_disk ? "" : ": NOT ON DISK"));
  if (call == refuses) return make_error(refuses_kind, "'{}' is refused", call);
  return {};
}

FakeNames::FakeNames(Journal& journal) : m_journal(journal) {}

Result<void> FakeNames::write(const std::vector<core::HostEntry>& entries) {
  m_journal.say(fmt::format("hosts {}", entries.size()));
  if (refusal) return *refusal;
  table = entries;
  return {};
}

Stage::Stage(Snapshot world) : settings(world.settings), store(journal), batch(journal, world.build()) {
  core::Snapshot built = world.build();
  journal.disk = built.memory;
  journal.disk.clock = {.wall = k_wall, .boot = {"boot", 1'000}, .age = k_now};
  for (auto& [name, listed] : built.instances) {
    m_clouds.push_back(std::make_unique<FakeCloud>(journal, name.value, built.clouds.at(name), std::move(listed)));
    m_ports.clouds[name] = m_clouds.back().get();
  }
}

Stage::~Stage() = default;

Result<engine::PassReport> Stage::pass(engine::PassOptions options) {
  return engine::run_pass(m_ports, settings, options);
}

engine::PassReport Stage::done(const engine::PassOptions& options) {
  auto report = pass(options);
  if (!report) throw std::runtime_error(report.error().message);
  return std::move(*report);
}

Lines Stage::calls() const {
  Lines out;
  for (const std::string& line : journal.lines) {
    const bool reading = line.starts_with("list ") || line == "server" || line == "nodes" || line == "jobs";
    if (!reading) out.push_back(line);
  }
  return out;
}

}  // namespace tide::test
