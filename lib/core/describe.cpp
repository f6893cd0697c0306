#include <tide/core/describe.hpp>

#include <tide/core/back_off.hpp>
#include <tide/core/snapshot_json.hpp>
#include <tide/util/digest.hpp>
#include <tide/util/hostlist.hpp>

#include <algorithm>

namespace tide::core {

namespace {

template <typename... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <typename... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

std::string names_of(const Launch& launch) {
  return launch.request.names.empty() ? "" : fmt::format(" as {}", compress_hostlist(launch.request.names));
}

// In which order they are asked for, where there are several.
std::string choices_of(const Launch& launch) {
  constexpr std::size_t k_shown = 8;
  const LaunchRequest& request = launch.request;
  if (request.alternatives.empty()) return "";
  Bid bid = bid_of(request);
  std::string text = ": " + describe(bid);
  for (std::size_t i = 0; i < std::min(k_shown, request.alternatives.size()); ++i) {
    bid.choice = request.alternatives[i];
    text += ", else " + describe(bid);
  }
  if (request.alternatives.size() > k_shown)
    text += fmt::format(", else {} more", request.alternatives.size() - k_shown);
  return text;
}

}  // namespace

std::string verb_of(const Action& action) {
  return std::visit(
      Overloaded{[](const Launch& a) { return std::string(a.request.restart.empty() ? "launch" : "start"); },
                 [](const Repeat&) { return std::string("repeat"); },
                 [](const CloseIntent&) { return std::string("close-intent"); },
                 [](const WriteHosts&) { return std::string("hosts"); }, [](const Add&) { return std::string("add"); },
                 [](const SetAddress&) { return std::string("address"); },
                 [](const Hold&) { return std::string("hold"); }, [](const Release&) { return std::string("release"); },
                 [](const Terminate& a) { return std::string(a.stop ? "stop" : "terminate"); },
                 [](const GiveUp&) { return std::string("give-up"); },
                 [](const Remove&) { return std::string("remove"); },
                 [](const Forget&) { return std::string("forget"); }, [](const Adopt&) { return std::string("adopt"); },
                 [](const Disown&) { return std::string("disown"); },
                 [](const CloseWish&) { return std::string("close-wish"); }},
      action);
}

std::string subject_of(const Action& action) {
  return std::visit(
      Overloaded{[](const Launch& a) { return a.request.pool.value; }, [](const Repeat& a) { return a.intent.value; },
                 [](const CloseIntent& a) { return a.intent.value; }, [](const WriteHosts&) { return std::string(); },
                 [](const Add& a) { return a.node.value; }, [](const SetAddress& a) { return a.node.value; },
                 [](const Hold& a) { return a.row.node.value; }, [](const Release& a) { return a.node.value; },
                 [](const Terminate& a) { return a.node.empty() ? a.instance.value : a.node.value; },
                 [](const GiveUp& a) { return a.node.value; }, [](const Remove& a) { return a.node.value; },
                 [](const Forget& a) { return a.node.empty() ? a.instance.value : a.node.value; },
                 [](const Adopt& a) { return a.node.empty() ? a.instance.value : a.node.value; },
                 [](const Disown& a) { return a.node.empty() ? a.instance.value : a.node.value; },
                 [](const CloseWish& a) { return a.wish.value; }},
      action);
}

std::string describe(const Action& action) {
  return std::visit(
      Overloaded{
          [](const Launch& a) {
            const char* verb = a.request.restart.empty() ? "launch" : "start stopped";
            return fmt::format("{} {} machine{} of pool '{}'{}{}", verb, a.request.count,
                               a.request.count == 1 ? "" : "s", a.request.pool.value, names_of(a), choices_of(a));
          },
          [](const Repeat& a) { return fmt::format("repeat launch '{}'", a.intent.value); },
          [](const CloseIntent& a) { return fmt::format("close launch '{}'", a.intent.value); },
          [](const WriteHosts& a) {
            return fmt::format("write the names of {} node{}", a.entries.size(), a.entries.size() == 1 ? "" : "s");
          },
          [](const Add& a) { return fmt::format("add node '{}' at {}, held", a.node.value, a.address); },
          [](const SetAddress& a) {
            return fmt::format("tell the batch system that '{}' has address {}", a.node.value, a.address);
          },
          [](const Hold& a) {
            return fmt::format("hold '{}'{}", a.row.node.value, a.row.kind == HoldKind::end ? " to end it" : "");
          },
          [](const Release& a) { return fmt::format("release '{}'{}", a.node.value, a.ready ? ": it is ready" : ""); },
          [](const Terminate& a) {
            const char* verb = a.stop ? "stop" : "end";
            return a.node.empty() ? fmt::format("{} instance '{}'", verb, a.instance.value)
                                  : fmt::format("{} instance '{}' of node '{}'", verb, a.instance.value, a.node.value);
          },
          [](const GiveUp& a) {
            return fmt::format("give up the jobs on node '{}': its machine is gone", a.node.value);
          },
          [](const Remove& a) { return fmt::format("take node '{}' out of the batch system", a.node.value); },
          [](const Forget& a) { return fmt::format("forget instance '{}'", a.instance.value); },
          [](const Adopt& a) {
            return fmt::format("make instance '{}' of node '{}' one of pool '{}'", a.instance.value, a.node.value,
                               a.pool.value);
          },
          [](const Disown& a) {
            return fmt::format("let go of instance '{}' of node '{}'", a.instance.value, a.node.value);
          },
          [](const CloseWish& a) { return fmt::format("close wish '{}'", a.wish.value); }},
      action);
}

std::string signature(const Action& action) {
  std::string text = describe(action);
  if (const auto* launch = std::get_if<Launch>(&action)) {
    const Intent all{.request = launch->request, .price_micros = launch->price_micros, .wish = launch->wish};
    return fmt::format("{} [{}]", text, to_hex(sha256(to_json(all))).substr(0, 16));
  }
  if (const auto* hold = std::get_if<Hold>(&action)) return fmt::format("{} [{}]", text, hold->row.rule);
  if (const auto* end = std::get_if<Terminate>(&action))
    return fmt::format("{} [{}{}]", text, end->cloud.value, end->forced ? ", forced" : "");
  if (const auto* hosts = std::get_if<WriteHosts>(&action)) {
    std::string lines;
    for (const HostEntry& entry : hosts->entries) lines += fmt::format("{} {}\n", entry.name.value, entry.address);
    return fmt::format("{} [{}]", text, to_hex(sha256(lines)).substr(0, 16));
  }
  return text;
}

}  // namespace tide::core
