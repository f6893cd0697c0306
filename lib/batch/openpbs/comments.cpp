#include <tide/batch/openpbs/comments.hpp>
#include <tide/util/text.hpp>

#include <array>
#include <utility>

namespace tide::batch::openpbs {

namespace {

using core::Waiting;

constexpr std::string_view k_not_running = "Not Running: ";
constexpr std::string_view k_never = "Can Never Run: ";

// The first that is found in the comment decides.
constexpr std::array<std::pair<std::string_view, Waiting>, 48> k_phrases{{
    {"Queue not started", Waiting::queue_closed},
    {"Queue not an execution queue", Waiting::queue_closed},
    {"amount of server", Waiting::limited},
    {"amount of queue", Waiting::limited},
    {"job limit", Waiting::limited},
    {"running limit", Waiting::limited},
    {"per-user limit", Waiting::limited},
    {"per-group limit", Waiting::limited},
    {"per-project limit", Waiting::limited},
    {"subjobs limit", Waiting::limited},
    {"would exceed", Waiting::limited},
    {"zero shares", Waiting::limited},
    {"threshold", Waiting::limited},
    {"no PBS license", Waiting::limited},
    {"mission", Waiting::limited},
    {"edicated time", Waiting::deferred},
    {"primetime", Waiting::deferred},
    {"will cross into", Waiting::deferred},
    {"does not exist", Waiting::node_bound},
    {"Cannot provision", Waiting::failed},
    {"Invalid Job", Waiting::failed},
    {"No Select", Waiting::failed},
    {"invalid chunk", Waiting::failed},
    {"Internal Scheduling Error", Waiting::unknown},
    {"PBS Error", Waiting::unknown},
    // From here on only nodes are missing.
    {"Insufficient amount of", Waiting::eligible},
    {"Not enough free nodes", Waiting::eligible},
    {"Not enough total nodes", Waiting::eligible},
    {"Not enough of the right type of nodes", Waiting::eligible},
    {"No available resources on nodes", Waiting::eligible},
    {"No available node", Waiting::eligible},
    {"too few free resources", Waiting::eligible},
    {"Too few free resources", Waiting::eligible},
    {"can't fit in the largest placement set", Waiting::eligible},
    {"ineligible state", Waiting::eligible},
    {"ineligible type", Waiting::eligible},
    {"exclusive node and node is in use", Waiting::eligible},
    {"requested pack placement", Waiting::eligible},
    {"Can't preempt enough work", Waiting::eligible},
    {"Node has reached", Waiting::eligible},
    {"Node can't satisfy", Waiting::eligible},
    {"Nodes not available", Waiting::eligible},
    {"small cpusets", Waiting::eligible},
    {"conflict with reservation or top job", Waiting::eligible},
    {"interfere with", Waiting::eligible},
    {"Draining system", Waiting::eligible},
    {"strict sorted order", Waiting::eligible},
    {"resources currently available", Waiting::eligible},
}};

std::string brief(std::string_view comment) {
  std::string out;
  for (const char c : comment.substr(0, std::min(comment.find(" ("), comment.size()))) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit) out += c;
    if (digit && (out.empty() || out.back() != '#')) out += '#';
    if (out.size() >= 120) break;
  }
  return printable(out, 200);
}

}  // namespace

Judgement judge_comment(std::string_view comment) {
  const bool never = comment.starts_with(k_never);
  if (!never && !comment.starts_with(k_not_running)) return {Waiting::eligible, "queued"};
  // Names and values are users' and sites' words: none of them is a phrase. "...: ncpus (R: 4 A: 2 T: 8)"
  constexpr std::string_view k_resource = "Insufficient amount of resource: ";
  std::string_view said = comment.substr(0, comment.find(" ("));
  if (const std::size_t at = said.find("resource: "); at != std::string_view::npos) {
    const std::string_view name = trim(said.substr(at + std::string_view("resource: ").size()));
    const bool bound = said.find(k_resource) != std::string_view::npos && (name == "host" || name == "vnode");
    if (bound) return {Waiting::node_bound, brief(comment)};
    said = said.substr(0, at);
  }
  for (const auto& [phrase, waiting] : k_phrases) {
    if (said.find(phrase) != std::string_view::npos) return {waiting, brief(comment)};
  }
  return {Waiting::unknown, brief(comment)};
}

}  // namespace tide::batch::openpbs
