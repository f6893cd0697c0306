#include <tide/batch/htcondor/requirements.hpp>

#include <tide/util/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace tide::batch::htcondor {

namespace {

using Kind = Expression::Kind;

constexpr std::size_t k_unsure_max = 200;

// What each machine with HTCondor offers, and what condor_submit asks for by itself.
constexpr std::array<std::string_view, 14> k_everywhere{"hasfiletransfer",
                                                        "hasperfileencryption",
                                                        "hasjiclocalconfig",
                                                        "hasjiclocalstdin",
                                                        "hasreconnect",
                                                        "hastdp",
                                                        "hasjobdeferral",
                                                        "hasjobtransferplugins",
                                                        "hastransferinputremaps",
                                                        "hasmpi",
                                                        "hasioproxy",
                                                        "hasstartdaemonad",
                                                        "hasfiletransferpluginmethods",
                                                        "hasselfcheckpointtransfers"};
constexpr std::array<std::string_view, 2> k_domains{"filesystemdomain", "uiddomain"};

template <typename List>
bool contains(const List& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

// One alternative of a clause.
struct Atom {
  enum class Kind { always, feature, cpus, memory, gpus, machine, unsure };

  Kind kind = Kind::unsure;
  std::string feature;
  std::string attribute;  // that the feature was made of
  std::int64_t number = 0;
};

Atom always() { return {.kind = Atom::Kind::always}; }

class Judge {
 public:
  explicit Judge(const Lookup& job) : m_job(job) {}

  Requirements whole(const Expression& expression) {
    conjunct(expression);
    std::ranges::sort(m_found.features);
    m_found.features.erase(std::unique(m_found.features.begin(), m_found.features.end()), m_found.features.end());
    return std::move(m_found);
  }

 private:
  // Machines' attributes are not known: undefined.
  Value known(const Expression& expression) const {
    return evaluate(expression, [&](Scope scope, const std::string& name) {
      return scope == Scope::target ? Value{} : m_job(scope, name);
    });
  }
  bool is_machines(const Expression& expression) const {
    if (expression.kind != Kind::attribute || expression.scope == Scope::my) return false;
    return expression.scope == Scope::target || m_job(Scope::my, expression.name).kind == Value::Kind::undefined;
  }

  void conjunct(const Expression& expression) {
    if (expression.kind == Kind::binary && expression.name == "&&") {
      for (const Expression& part : expression.parts) conjunct(part);
      return;
    }
    const Value value = known(expression);
    if (value.is_true()) return;
    if (value.is_false()) {
      m_found.never = true;
      return;
    }
    clause(expression);
  }

  void clause(const Expression& expression) {
    std::vector<Atom> atoms;
    if (expression.kind == Kind::binary && expression.name == "||") {
      for (const Expression& part : expression.parts) {
        if (!known(part).is_false()) atoms.push_back(atom(part));
      }
    } else {
      atoms.push_back(atom(expression));
    }
    if (std::ranges::find(atoms, Atom::Kind::always, &Atom::kind) != atoms.end()) return;
    if (atoms.size() == 1 && take(atoms.front())) return;
    const bool features = std::ranges::all_of(atoms, [](const Atom& one) { return one.kind == Atom::Kind::feature; });
    if (!features) return unsure(expression);
    std::vector<std::string> alternatives;
    for (const Atom& one : atoms) {
      alternatives.push_back(one.feature);
      if (!one.attribute.empty()) m_found.attributes.insert(one.attribute);
    }
    std::ranges::sort(alternatives);
    alternatives.erase(std::unique(alternatives.begin(), alternatives.end()), alternatives.end());
    m_found.features.push_back(std::move(alternatives));
  }

  // What stands alone, but features, which are taken with their alternatives.
  bool take(const Atom& one) {
    switch (one.kind) {
      case Atom::Kind::cpus: m_found.cpus = std::max(m_found.cpus, one.number); return true;
      case Atom::Kind::memory: m_found.memory_mib = std::max(m_found.memory_mib, one.number); return true;
      case Atom::Kind::gpus: m_found.gpus = std::max(m_found.gpus, one.number); return true;
      case Atom::Kind::machine: m_found.node_bound = true; return true;
      case Atom::Kind::always: return true;
      case Atom::Kind::feature:
      case Atom::Kind::unsure: return false;
    }
    return false;
  }

  Atom atom(const Expression& expression) const {
    if (is_machines(expression)) return truth(expression.name);
    if (expression.kind == Kind::call) return membership(expression);
    if (expression.kind != Kind::binary || expression.parts.size() != 2) return {};
    const bool left = is_machines(expression.parts[0]);
    if (left == is_machines(expression.parts[1])) return domain(expression);
    const Expression& attribute = expression.parts[left ? 0 : 1];
    const Value value = known(expression.parts[left ? 1 : 0]);
    return comparison(left ? expression.name : turned(expression.name), attribute.name, value);
  }

  static std::string turned(const std::string& name) {
    if (name == "<") return ">";
    if (name == "<=") return ">=";
    if (name == ">") return "<";
    return name == ">=" ? "<=" : name;
  }

  // TARGET.HasX, which condor_submit and people write for "it is true".
  static Atom truth(const std::string& name) {
    const std::string lower = to_lower(name);
    if (contains(k_everywhere, lower)) return always();
    return {.kind = Atom::Kind::feature, .feature = name, .attribute = name};
  }

  // FileSystemDomain == MY.FileSystemDomain: all machines of a pool share what the head has.
  // countMatches(MY.RequireGPUs, TARGET.AvailableGPUs) >= RequestGPUs: RequireGPUs is told of by itself.
  static Atom domain(const Expression& expression) {
    const Expression& first = expression.parts[0];
    if (first.kind == Kind::call && to_lower(first.name) == "countmatches") return always();
    const bool names = std::ranges::all_of(expression.parts, [](const Expression& part) {
      return part.kind == Kind::attribute && contains(k_domains, to_lower(part.name));
    });
    return names ? always() : Atom{};
  }

  static Atom comparison(const std::string& name, const std::string& attribute, const Value& value) {
    const std::string lower = to_lower(attribute);
    const bool equal = name == "==" || name == "is";
    if (lower == "machine" || lower == "name") {
      if (equal) return {.kind = Atom::Kind::machine};
      return name == "!=" || name == "isnt" ? always() : Atom{};  // a new machine has another name
    }
    if (contains(k_domains, lower) && equal) return always();
    if (const auto size = sized(name, lower, value)) return *size;
    if (name == "isnt" && value.kind != Value::Kind::undefined) return always();  // what is not set is not that either
    if (!equal) return {};
    if (value.is_true()) return truth(attribute);
    return equality(attribute, lower, value);
  }

  static std::optional<Atom> sized(const std::string& name, const std::string& lower, const Value& value) {
    Atom::Kind kind = Atom::Kind::unsure;
    if (lower == "memory" || lower == "totalmemory" || lower == "totalslotmemory") kind = Atom::Kind::memory;
    if (lower == "cpus" || lower == "totalcpus" || lower == "totalslotcpus") kind = Atom::Kind::cpus;
    if (lower == "gpus" || lower == "totalgpus" || lower == "totalslotgpus") kind = Atom::Kind::gpus;
    const bool disk = lower == "disk" || lower == "totaldisk";
    if (disk && (name == ">=" || name == ">")) return always();  // RequestDisk is told of by itself
    if (kind == Atom::Kind::unsure) return std::nullopt;
    if (value.kind != Value::Kind::integer || (name != ">=" && name != ">" && name != "==")) return Atom{};
    return Atom{.kind = kind, .number = name == ">" ? value.number + 1 : value.number};
  }

  static Atom equality(const std::string& attribute, const std::string& lower, const Value& value) {
    std::string text;
    if (value.kind == Value::Kind::text) text = value.text;
    if (value.kind == Value::Kind::integer) text = std::to_string(value.number);
    if (text.empty()) return {};
    if (lower == "arch" && to_lower(text) == "x86_64") return always();
    if (lower == "opsys" && to_lower(text) == "linux") return always();
    if (lower == "tidepool" || lower == "tidefeatures") return {.kind = Atom::Kind::feature, .feature = text};
    return {.kind = Atom::Kind::feature, .feature = fmt::format("{}={}", attribute, text), .attribute = attribute};
  }

  // stringListMember("big", TARGET.TideFeatures), and the one that knows no case.
  Atom membership(const Expression& expression) const {
    const std::string name = to_lower(expression.name);
    if ((name != "stringlistmember" && name != "stringlistimember") || expression.parts.size() < 2) return {};
    const Value member = known(expression.parts[0]);
    if (member.kind != Value::Kind::text || !is_machines(expression.parts[1])) return {};
    const std::string& attribute = expression.parts[1].name;
    const std::string lower = to_lower(attribute);
    if (contains(k_everywhere, lower)) return always();
    if (lower == "tidefeatures") return {.kind = Atom::Kind::feature, .feature = member.text};
    return {};
  }

  void unsure(const Expression& expression) {
    std::string& text = m_found.unsure;
    if (text.size() >= k_unsure_max) return;
    if (!text.empty()) text += " && ";
    text += printable(to_text(expression), k_unsure_max);
  }

  const Lookup& m_job;
  Requirements m_found;
};

}  // namespace

Requirements judge_requirements(const Expression& expression, const Lookup& job) {
  return Judge(job).whole(expression);
}

}  // namespace tide::batch::htcondor
