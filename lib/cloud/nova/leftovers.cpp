#include <tide/cloud/nova/leftovers.hpp>

#include <tide/net/url.hpp>
#include <tide/util/text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tide::cloud::nova {
namespace {

using openstack::Answer;
using openstack::Call;
using Json = nlohmann::json;

constexpr const char* k_mark = "mark";
constexpr const char* k_sweep = "sweep";
constexpr const char* k_left = " tide:left";      // after the mark of a port: its machine was gone when tide looked
constexpr Seconds k_sweep_after{600};             // since then
constexpr std::size_t k_marks_a_look = 100;       // of newcomers: the others have their turn in the next
constexpr std::size_t k_devices_a_call_max = 50;  // of 36 characters each: a URL of 8 KiB is what proxies take
constexpr std::size_t k_volume_pages_max = 1000;  // beyond it is a server that pages in a circle

std::string member_text(const Json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<Json> parse_list(const std::string& body, const char* key) {
  Json root = Json::parse(body, nullptr, false);
  const auto list = root.is_object() ? root.find(key) : root.end();
  if (!root.is_object() || list == root.end() || !list->is_array())
    return make_error(ErrorKind::protocol, "the reply has no list '{}'", key);
  return root;
}

bool has_more(const Json& root, const char* links) {
  const auto list = root.find(links);
  return list != root.end() && list->is_array() &&
         std::ranges::any_of(*list, [](const Json& link) { return member_text(link, "rel") == "next"; });
}

std::string json_text(const Json& body) { return body.dump(-1, ' ', false, Json::error_handler_t::replace); }

Call describe_port(const Port& port, const std::string& description) {
  return {.service = "network",
          .method = "PUT",
          .path = "/ports/" + net::percent_encode(port.id),
          .body = json_text(Json{{"port", {{"description", description}}}}),
          .if_match = port.revision < 0 ? std::string() : fmt::format("revision_number={}", port.revision)};
}

}  // namespace

std::string port_mark(const std::string& cluster, const std::string& owner, const std::string& cloud) {
  return floating_description(cluster, owner) + " cloud:" + cloud;
}

bool is_novas(const Port& port) { return !port.device.empty() && port.owner.starts_with("compute:"); }

std::string shown_port(const Port& port) {
  return printable(port.id, 40) + (port.address.empty() ? "" : " (" + printable(port.address, 40) + ")");
}

Result<VolumesPage> parse_volumes(const std::string& body) {
  TIDE_TRY_ASSIGN(const Json root, parse_list(body, "volumes"));
  VolumesPage page;
  for (const Json& each : root["volumes"]) {
    Volume volume{.id = member_text(each, "id"), .status = member_text(each, "status"), .size = "?", .metadata = {}};
    if (volume.id.empty() || volume.status.empty())
      return make_error(ErrorKind::protocol, "a volume in the reply has no ID or no status");
    if (const auto size = each.find("size"); size != each.end() && size->is_number_integer())
      volume.size = std::to_string(size->get<std::int64_t>());
    if (const auto metadata = each.find("metadata"); metadata != each.end() && metadata->is_object()) {
      for (const auto& [key, value] : metadata->items()) {
        if (value.is_string()) volume.metadata[key] = value.get<std::string>();
      }
    }
    page.volumes.push_back(std::move(volume));
  }
  if (has_more(root, "volumes_links") && !page.volumes.empty()) page.next_marker = page.volumes.back().id;
  return page;
}

Result<IdsPage> parse_ids(const std::string& body) {
  TIDE_TRY_ASSIGN(const Json root, parse_list(body, "servers"));
  IdsPage page;
  for (const Json& each : root["servers"]) {
    const std::string id = member_text(each, "id");
    if (id.empty()) return make_error(ErrorKind::protocol, "a server in the reply has no ID");
    page.ids.insert(id);
    page.next_marker = id;
  }
  if (!has_more(root, "servers_links")) page.next_marker.clear();
  return page;
}

// What is sent, what each call is about, and what came of it.
struct Leftovers::Work {
  Calls calls = {};
  std::vector<UpkeepStep> of_calls = {};  // marks that went well are not told
  std::vector<UpkeepStep> steps = {};

  void add(Call call, UpkeepStep step) {
    calls.push_back(std::move(call));
    of_calls.push_back(std::move(step));
  }
  // What these credentials may not do is the doctor's to tell.
  void fail(const char* verb, const std::string& subject, const std::string& what, const Error& error) {
    if (error.kind != ErrorKind::auth)
      steps.push_back({.verb = verb, .subject = subject, .text = what, .error = error});
  }
};

Error Leftovers::unreadable(const std::string& what, Error error) const {
  error.message = "cloud '" + m_cloud + "' answered " + what + " with what tide cannot read: " + error.message;
  error.hint = "Check that [clouds." + m_cloud + "] leads to an OpenStack API, not a proxy's page.";
  return error;
}

Result<std::vector<Port>> Leftovers::ports(Calls calls) {
  auto read = read_ports(m_session, std::move(calls));
  if (!read && read.error().kind == ErrorKind::protocol) return unreadable("GET /ports", std::move(read).error());
  return read;
}

// 404 and 412: it went, or somebody else changed it meanwhile; the next look sees.
void Leftovers::send(Work& work) {
  if (work.calls.empty()) return;
  const auto answers = m_session.call(work.calls);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    UpkeepStep& step = work.of_calls[i];
    const Answer& answer = answers[i];
    if (answer.reply) {
      if (step.verb == k_sweep) work.steps.push_back(step);
      continue;
    }
    if (answer.unknown || (answer.status == 412 && !answer.peer_message.empty())) continue;
    work.fail(step.verb == k_sweep ? k_sweep : k_mark, step.subject, step.text, answer.reply.error());
  }
  work.calls.clear();
  work.of_calls.clear();
}

// Only what Nova made: a port that a person made has a name or a description, or is given back to that person by Nova.
void Leftovers::mark_ports(const Upkeep& of, const std::vector<Port>& marked, Work& work) {
  std::set<std::string> known;
  for (const Port& port : marked) known.insert(port.device);
  std::set<std::string> wanting;
  for (const core::Instance& machine : of.running) {
    if (wanting.size() < k_marks_a_look && !known.contains(machine.id.value)) wanting.insert(machine.id.value);
  }
  Calls calls;
  std::size_t count = 0;
  for (const std::string& device : wanting) {
    if (count++ % k_devices_a_call_max == 0) calls.push_back({.service = "network", .path = "/ports?"});
    calls.back().path +=
        (calls.back().path.ends_with('?') ? "device_id=" : "&device_id=") + net::percent_encode(device);
  }
  if (calls.empty()) return;
  const std::string mark = port_mark(of.cluster, of.owner, m_cloud);
  const auto found = ports(std::move(calls));
  if (!found) return work.fail(k_mark, m_cloud, "ports", found.error());
  for (const Port& port : *found) {
    if (!wanting.contains(port.device) || !is_novas(port) || !port.name.empty() || !port.description.empty()) continue;
    work.add(describe_port(port, mark), {.verb = k_mark, .subject = port.id, .text = "port " + shown_port(port)});
  }
}

// Nova takes its ports away before it forgets their machine; so one that is left is marked as such first, and goes only
// if the next looks find the same.
void Leftovers::sweep_ports(const std::vector<Port>& marked, const std::string& mark, const Seen& seen, TimePoint now,
                            Work& work) {
  std::vector<const Port*> left;
  Calls calls;
  const auto version = m_lookup.microversion();
  if (!version) return work.fail(k_sweep, m_cloud, "ports", version.error());
  for (const Port& port : marked) {
    if (!is_novas(port) || (seen.listed.contains({port.device}) && port.description == mark)) continue;
    left.push_back(&port);
    calls.push_back({.path = "/servers/" + net::percent_encode(port.device), .microversion = version->text()});
  }
  if (calls.empty()) return;
  const auto answers = m_session.call(calls);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const Port& port = *left[i];
    const UpkeepStep told{.verb = k_mark, .subject = port.id, .text = "port " + shown_port(port)};
    if (answers[i].reply) {
      if (port.description != mark) work.add(describe_port(port, mark), told);  // it is back
    } else if (!answers[i].unknown) {
      work.fail(k_sweep, port.id, "port", answers[i].reply.error());
    } else if (port.description == mark) {
      work.add(describe_port(port, mark + k_left), told);
    } else if (port.changed && now - *port.changed >= k_sweep_after) {
      Call call = describe_port(port, "");
      call.method = "DELETE";
      call.body.clear();
      work.add(std::move(call), {.verb = k_sweep,
                                 .subject = port.id,
                                 .text = fmt::format("port {} of machine {}, which is gone", shown_port(port),
                                                     printable(port.device, 40))});
    }
  }
}

void Leftovers::keep_up_ports(const Upkeep& of, const Seen& seen, TimePoint now, Work& work) {
  const auto there = m_session.has("network");
  if (!there) return work.fail(k_sweep, m_cloud, "ports", there.error());
  if (!*there) return;
  const std::string mark = port_mark(of.cluster, of.owner, m_cloud);
  auto marked = ports({{.service = "network",
                        .path = "/ports?description=" + net::percent_encode(mark) +
                                "&description=" + net::percent_encode(mark + k_left)}});
  if (!marked) return work.fail(k_sweep, m_cloud, "ports", marked.error());
  std::erase_if(*marked,
                [&](const Port& port) { return port.description != mark && port.description != mark + k_left; });
  std::ranges::sort(*marked, {}, &Port::id);
  mark_ports(of, *marked, work);
  sweep_ports(*marked, mark, seen, now, work);
  send(work);
}

Result<std::string> Leftovers::volume_service() {
  for (const char* type : {"block-storage", "volumev3"}) {
    TIDE_TRY_ASSIGN(const bool there, m_session.has(type));
    if (there) return std::string(type);
  }
  return std::string();
}

Result<std::vector<Volume>> Leftovers::marked_volumes(const std::string& service, const std::string& cluster) {
  const std::string path =
      "/volumes/detail?metadata=" + net::percent_encode(json_text(Json{{core::tag::k_cluster, cluster}}));
  std::vector<Volume> volumes;
  std::string marker;
  for (std::size_t page = 0; page < k_volume_pages_max; ++page) {
    const Answer answer = m_session.call(
        {.service = service, .path = path + (marker.empty() ? "" : "&marker=" + net::percent_encode(marker))});
    if (!answer.reply) return answer.reply.error();
    auto read = parse_volumes(answer.reply->body);
    if (!read) return unreadable("GET /volumes/detail", std::move(read).error());
    for (Volume& volume : read->volumes) {
      const auto own = volume.metadata.find(core::tag::k_cluster);
      if (own != volume.metadata.end() && own->second == cluster) volumes.push_back(std::move(volume));
    }
    if (read->next_marker.empty() || read->next_marker == marker) return volumes;
    marker = read->next_marker;
  }
  return make_error(ErrorKind::protocol, "cloud '{}' pages its volumes in a circle", m_cloud)
      .with_hint("Check that [clouds." + m_cloud + "] leads to an OpenStack API.");
}

// Clusters whose machines boot from no volume ask nothing.
void Leftovers::keep_up_volumes(const Upkeep& of, const Seen& seen, Work& work) {
  std::set<std::string> wanting;
  for (const core::Instance& machine : of.running) {
    const auto own = seen.volumes.find(machine.id);
    if (own != seen.volumes.end()) wanting.insert(own->second.begin(), own->second.end());
  }
  if (wanting.empty()) return;
  const auto service = volume_service();
  if (!service) return work.fail(k_mark, m_cloud, "volumes", service.error());
  if (service->empty()) return;
  const auto marked = marked_volumes(*service, of.cluster);
  if (!marked) return work.fail(k_mark, m_cloud, "volumes", marked.error());
  for (const Volume& volume : *marked) wanting.erase(volume.id);
  const std::string body =
      json_text(Json{{"metadata", {{core::tag::k_cluster, of.cluster}, {core::tag::k_owner, of.owner}}}});
  for (const std::string& id : wanting) {
    if (work.calls.size() == k_marks_a_look) break;
    work.add({.service = *service,
              .method = "POST",
              .path = "/volumes/" + net::percent_encode(id) + "/metadata",
              .body = body},
             {.verb = k_mark, .subject = id, .text = "volume " + printable(id, 40)});
  }
  send(work);
}

std::vector<UpkeepStep> Leftovers::keep_up(const Upkeep& of, const Seen& seen, TimePoint now) {
  Work work;
  keep_up_ports(of, seen, now, work);
  keep_up_volumes(of, seen, work);
  return std::move(work.steps);
}

}  // namespace tide::cloud::nova
