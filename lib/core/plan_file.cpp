#include <tide/core/plan_file.hpp>

#include <tide/core/describe.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace tide::core {

namespace {

using nlohmann::ordered_json;

constexpr const char* k_schema = "tide.plan-file/1";
constexpr const char* k_again = "Look at a new one: tide plan --out FILE.";
constexpr std::size_t k_shown = 10;

bool is_bookkeeping(const Action& action) {
  return std::holds_alternative<CloseIntent>(action) || std::holds_alternative<CloseWish>(action) ||
         std::holds_alternative<Forget>(action);
}

// Those of `left` that `right` lacks; both sorted.
std::vector<std::string> missing(const std::vector<std::string>& left, const std::vector<std::string>& right) {
  std::vector<std::string> found;
  std::ranges::set_difference(left, right, std::back_inserter(found));
  return found;
}

void add_lines(Error& error, std::string_view what, const std::vector<std::string>& lines) {
  for (std::size_t i = 0; i < std::min(k_shown, lines.size()); ++i)
    error.context.push_back(fmt::format("{}: {}", what, lines[i]));
  if (lines.size() > k_shown) error.context.push_back(fmt::format("{}: {} more", what, lines.size() - k_shown));
}

}  // namespace

std::vector<std::string> signatures(const Plan& plan) {
  std::vector<std::string> all;
  for (const PlannedAction& planned : plan.actions) {
    if (!is_bookkeeping(planned.action)) all.push_back(signature(planned.action));
  }
  std::ranges::sort(all);
  return all;
}

std::string to_json(const PlanFile& file) {
  const ordered_json object = {{"schema", k_schema},
                               {"cluster", file.cluster},
                               {"head", file.head.value},
                               {"by", file.by},
                               {"made_at", format_time(file.made_at)},
                               {"expires_at", format_time(file.expires_at)},
                               {"actions", file.actions}};
  return object.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

Result<PlanFile> plan_file_from_json(std::string_view text) {
  try {
    const ordered_json object = ordered_json::parse(text);
    if (object.at("schema").get<std::string>() != k_schema)
      return make_error(ErrorKind::usage, "this is a '{}', and no '{}'",
                        printable(object.at("schema").get<std::string>(), 40), k_schema)
          .with_hint("'tide plan --out FILE' writes one.");
    PlanFile file{.cluster = object.at("cluster").get<std::string>(),
                  .head = {object.at("head").get<std::string>()},
                  .by = object.at("by").get<std::string>(),
                  .actions = object.at("actions").get<std::vector<std::string>>()};
    TIDE_TRY_ASSIGN(file.made_at, parse_time(object.at("made_at").get<std::string>()));
    TIDE_TRY_ASSIGN(file.expires_at, parse_time(object.at("expires_at").get<std::string>()));
    std::ranges::sort(file.actions);
    return file;
  } catch (const ordered_json::exception& error) {
    return make_error(ErrorKind::usage, "this is no plan: {}", printable(error.what(), 200))
        .with_hint("'tide plan --out FILE' writes one.");
  }
}

Result<void> check_same(const PlanFile& file, const Snapshot& snapshot, const Settings& settings, const Plan& plan) {
  if (file.cluster != settings.cluster)
    return make_error(ErrorKind::refused, "this plan is for cluster '{}', and this is '{}'",
                      printable(file.cluster, 60), settings.cluster)
        .with_hint("Name that cluster's configuration with -c.");
  if (file.head != snapshot.memory.head)
    return make_error(ErrorKind::refused, "this plan was made on another head").with_hint(k_again);
  if (snapshot.taken_at > file.expires_at)
    return make_error(ErrorKind::refused, "this plan expired at {}", format_time(file.expires_at)).with_hint(k_again);
  const std::vector<std::string> now = signatures(plan);
  if (now == file.actions) return {};
  Error error =
      make_error(ErrorKind::refused, "the world changed since {}: nothing was done", format_time(file.made_at));
  add_lines(error, "no longer", missing(file.actions, now));
  add_lines(error, "new", missing(now, file.actions));
  error.hint = k_again;
  return error;
}

}  // namespace tide::core
