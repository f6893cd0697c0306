#include <tide/batch/htcondor/expression.hpp>
#include <tide/batch/htcondor/requirements.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace tide::batch::htcondor {

namespace {

using Kind = Expression::Kind;

constexpr std::size_t k_told_max = 200;

// What every startd of 23.x says of itself on Linux.
constexpr std::array<std::string_view, 13> k_always{"hasfiletransfer",
                                                    "hasjobdeferral",
                                                    "hasmpi",
                                                    "hastdp",
                                                    "hasreconnect",
                                                    "hasioproxy",
                                                    "hasperfileencryption",
                                                    "hastransferinputremaps",
                                                    "hasselfcheckpointtransfers",
                                                    "hasjobtransferplugins",
                                                    "hasjiclocalconfig",
                                                    "hasjiclocalstdin",
                                                    "hasstartdaemonad"};
// Compared with what the same job requests: the request itself is read.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> k_requests{
    {{"cpus", "requestcpus"}, {"memory", "requestmemory"}, {"disk", "requestdisk"}, {"gpus", "requestgpus"}}};

// One part of the conjunction.
struct Term {
  enum class Kind { met, feature, lacking, memory, cpus, bound, never, assumed };
  Kind kind = Kind::met;
  std::vector<std::string> alternatives;  // of a feature; the one that is lacking
  std::int64_t amount = 0;                // MiB, CPUs
};

bool is_equal(const std::string& sign) { return sign == "==" || sign == "=?="; }

struct Compared {
  const Expression* name = nullptr;  // of the machine
  const Expression* value = nullptr;
  std::string sign;  // as if the name stood left
};

std::string mirrored(const std::string& sign) {
  if (sign == "<") return ">";
  if (sign == ">") return "<";
  if (sign == "<=") return ">=";
  if (sign == ">=") return "<=";
  return sign;
}

class Judge {
 public:
  explicit Judge(const std::set<std::string>& features) {
    for (const auto& feature : features) m_features.emplace_back(to_lower(feature), feature);
  }

  Demands take(const Expression& expression) {
    conjunction(expression, 0);
    return std::move(m_demands);
  }

 private:
  void conjunction(const Expression& expression, int depth) {
    if (expression.kind == Kind::both) {
      for (const Expression& part : expression.parts) conjunction(part, depth + 1);
      return;
    }
    const Term term = judge(expression);
    switch (term.kind) {
      case Term::Kind::met: break;
      case Term::Kind::feature:
        if (std::ranges::find(m_demands.features, term.alternatives) == m_demands.features.end())
          m_demands.features.push_back(term.alternatives);
        break;
      case Term::Kind::lacking:
        if (std::ranges::find(m_demands.lacking, term.alternatives.front()) == m_demands.lacking.end())
          m_demands.lacking.push_back(term.alternatives.front());
        break;
      case Term::Kind::memory: m_demands.memory_mib = std::max(m_demands.memory_mib, term.amount); break;
      case Term::Kind::cpus: m_demands.cpus = std::max(m_demands.cpus, term.amount); break;
      case Term::Kind::bound: m_demands.bound = printable(expression.source, k_told_max); break;
      case Term::Kind::never: m_demands.never = true; break;
      case Term::Kind::assumed:
        tell(expression.kind == Kind::either ? "(" + expression.source + ")" : expression.source);
        break;
    }
  }

  void tell(const std::string& source) {
    if (m_demands.assumed.size() >= k_told_max) return;
    if (!m_demands.assumed.empty()) m_demands.assumed += " && ";
    m_demands.assumed = printable(m_demands.assumed + source, k_told_max);
  }

  Term judge(const Expression& expression) const {
    switch (expression.kind) {
      case Kind::truth:
        return {.kind = expression.word == "true" ? Term::Kind::met : Term::Kind::never, .alternatives = {}};
      case Kind::name: return of_name(expression);
      case Kind::call: return of_call(expression);
      case Kind::compare: return of_comparison(expression);
      case Kind::either: return of_either(expression);
      case Kind::both: return of_both(expression);
      case Kind::negation: return of_negation(expression);
      case Kind::text:
      case Kind::number:
      case Kind::other: break;
    }
    return {.kind = Term::Kind::assumed, .alternatives = {}};
  }

  // Within an alternative: met only if all of it is; one demand that all the rest lets stand.
  Term of_both(const Expression& expression) const {
    Term only;
    for (const Expression& part : expression.parts) {
      Term term = judge(part);
      if (term.kind == Term::Kind::met) continue;
      if (term.kind == Term::Kind::never) return term;
      if (only.kind != Term::Kind::met) return {.kind = Term::Kind::assumed, .alternatives = {}};
      only = std::move(term);
    }
    return only;
  }

  Term of_either(const Expression& expression) const {
    Term features{.kind = Term::Kind::feature, .alternatives = {}};
    bool all_bound = true;
    bool all_never = true;
    bool unclear = false;
    for (const Expression& part : expression.parts) {
      Term term = judge(part);
      if (term.kind == Term::Kind::met) return term;
      if (term.kind == Term::Kind::never) continue;
      all_never = false;
      all_bound = all_bound && term.kind == Term::Kind::bound;
      if (term.kind == Term::Kind::feature)
        features.alternatives.insert(features.alternatives.end(), term.alternatives.begin(), term.alternatives.end());
      else if (term.kind != Term::Kind::bound)
        unclear = true;
    }
    if (all_never) return {.kind = Term::Kind::never, .alternatives = {}};
    if (unclear) return {.kind = Term::Kind::assumed, .alternatives = {}};
    if (all_bound) return {.kind = Term::Kind::bound, .alternatives = {}};
    std::ranges::sort(features.alternatives);
    features.alternatives.erase(std::unique(features.alternatives.begin(), features.alternatives.end()),
                                features.alternatives.end());
    return features;
  }

  std::optional<std::string> feature_named(const std::string& name) const {
    const std::string lower = to_lower(name);
    for (const auto& [key, feature] : m_features) {
      if (key == lower) return feature;
    }
    return std::nullopt;
  }

  // "!" before what asks for one feature asks for machines without it.
  Term of_negation(const Expression& expression) const {
    if (expression.parts.size() != 1) return {.kind = Term::Kind::assumed, .alternatives = {}};
    Term term = judge(expression.parts.front());
    const bool one = term.kind == Term::Kind::feature && term.alternatives.size() == 1;
    if (!one) return {.kind = Term::Kind::assumed, .alternatives = {}};
    term.kind = Term::Kind::lacking;
    return term;
  }

  // A feature as the pools write it, where the job's comparison does not mind the case.
  Term feature_of(const std::string& value, bool exact) const {
    return {.kind = Term::Kind::feature, .alternatives = {exact ? value : feature_named(value).value_or(value)}};
  }

  // An attribute that must be true.
  Term of_name(const Expression& name) const {
    if (name.mine) return {.kind = Term::Kind::assumed, .alternatives = {}};
    if (std::ranges::find(k_always, to_lower(name.word)) != k_always.end()) return {};
    if (const auto feature = feature_named(name.word)) return {.kind = Term::Kind::feature, .alternatives = {*feature}};
    return {.kind = Term::Kind::assumed, .alternatives = {}};
  }

  Term of_call(const Expression& call) const {
    const bool member = call.word == "stringlistmember" || call.word == "stringlistimember";
    if (member && call.parts.size() >= 2 && call.parts[0].kind == Kind::text && call.parts[1].kind == Kind::name &&
        to_lower(call.parts[1].word) == "tidefeatures") {
      return feature_of(call.parts[0].word, call.word == "stringlistmember");
    }
    return {.kind = Term::Kind::assumed, .alternatives = {}};
  }

  static Compared compared(const Expression& expression) {
    const Expression& left = expression.parts[0];
    const Expression& right = expression.parts[1];
    const bool left_names = left.kind == Kind::name && !left.mine;
    const bool right_names = right.kind == Kind::name && !right.mine;
    if (left_names && (!right_names || !right.theirs)) return {&left, &right, expression.word};
    if (right_names) return {&right, &left, mirrored(expression.word)};
    return {};
  }

  // What condor_submit adds by itself, and tide reads from the job: DeferralTime, RequireGPUs.
  static bool is_read_elsewhere(const Expression& expression) {
    const Expression& left = expression.parts[0];
    return expression.source.find("DeferralTime") != std::string::npos ||
           (left.kind == Kind::call && left.word == "countmatches" &&
            left.source.find("RequireGPUs") != std::string::npos);
  }

  Term of_comparison(const Expression& expression) const {
    if (is_read_elsewhere(expression)) return {};
    const Compared pair = compared(expression);
    if (pair.name == nullptr) return {.kind = Term::Kind::assumed, .alternatives = {}};
    const std::string name = to_lower(pair.name->word);
    if (pair.value->kind == Kind::name) return of_two_names(name, pair);
    if (pair.value->kind == Kind::truth) {
      const bool wants = is_equal(pair.sign) == (pair.value->word == "true");
      return wants ? of_name(*pair.name) : Term{.kind = Term::Kind::assumed, .alternatives = {}};
    }
    if (pair.value->kind == Kind::text) return of_text(name, pair);
    const bool measure = name == "memory" || name == "cpus";
    if (measure && pair.value->kind == Kind::number && (pair.sign == ">=" || pair.sign == ">")) {
      const auto size = parse_integer(pair.value->word);
      if (size && *size < std::numeric_limits<int>::max()) {
        return {.kind = name == "cpus" ? Term::Kind::cpus : Term::Kind::memory,
                .alternatives = {},
                .amount = *size + (pair.sign == ">" ? 1 : 0)};
      }
    }
    return {.kind = Term::Kind::assumed, .alternatives = {}};
  }

  static Term of_two_names(const std::string& name, const Compared& pair) {
    const std::string other = to_lower(pair.value->word);
    const bool request = std::ranges::any_of(k_requests, [&](const auto& entry) {
      return entry.first == name && entry.second == other && (pair.sign == ">=" || pair.sign == ">");
    });
    // A site whose machines share files says so on all of them.
    const bool domain = name == other && (name == "filesystemdomain" || name == "uiddomain") && is_equal(pair.sign);
    return {.kind = request || domain ? Term::Kind::met : Term::Kind::assumed, .alternatives = {}};
  }

  Term of_text(const std::string& name, const Compared& pair) const {
    const std::string& value = pair.value->word;
    const bool equal = is_equal(pair.sign);
    const bool differs = pair.sign == "!=" || pair.sign == "=!=";
    if (name == "machine" || name == "name" || name == "utsnamenodename")
      return {.kind = equal ? Term::Kind::bound : differs ? Term::Kind::met : Term::Kind::assumed, .alternatives = {}};
    const bool ours = name == "tidepool" || name == "tidefeatures";
    if (name == "tidepool" && differs)
      return {.kind = Term::Kind::lacking, .alternatives = feature_of(value, pair.sign == "=!=").alternatives};
    if (!equal) return {.kind = Term::Kind::assumed, .alternatives = {}};
    if (name == "arch" && (value == "X86_64" || value == "x86_64")) return {};
    if (name == "opsys" && (value == "LINUX" || value == "linux")) return {};
    if (ours) return feature_of(value, pair.sign == "=?=");
    const std::string whole = pair.name->word + "=" + value;
    if (name == "arch" || name == "opsys") return {.kind = Term::Kind::feature, .alternatives = {whole}};
    if (const auto feature = feature_named(whole)) return {.kind = Term::Kind::feature, .alternatives = {*feature}};
    return {.kind = Term::Kind::assumed, .alternatives = {}};
  }

  std::vector<std::pair<std::string, std::string>> m_features;  // lower case, as the pool writes it
  Demands m_demands;
};

}  // namespace

Demands judge_requirements(std::string_view text, const std::set<std::string>& features) {
  text = trim(text);
  if (text.empty() || text == "undefined") return {};
  const auto expression = parse_expression(text);
  if (expression) return Judge(features).take(*expression);
  Demands demands;
  demands.assumed = printable(text, k_told_max);
  return demands;
}

}  // namespace tide::batch::htcondor
