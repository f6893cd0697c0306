#include <tide/batch/slurm/features.hpp>
#include <tide/batch/slurm/values.hpp>

#include <algorithm>

namespace tide::batch::slurm {

namespace {

constexpr std::size_t k_clauses_max = 64;  // "(a&b)|(c&d)|..." doubles with each bracket
constexpr int k_depth_max = 8;

void add_clause(FeatureClauses& clauses, std::vector<std::string> clause) {
  std::ranges::sort(clause);
  clause.erase(std::unique(clause.begin(), clause.end()), clause.end());
  if (std::ranges::find(clauses, clause) == clauses.end()) clauses.push_back(std::move(clause));
}

FeatureClauses both(FeatureClauses left, const FeatureClauses& right) {
  for (const auto& clause : right) add_clause(left, clause);
  return left;
}

FeatureClauses either(const FeatureClauses& left, const FeatureClauses& right) {
  FeatureClauses out;
  for (const auto& a : left) {
    for (const auto& b : right) {
      auto clause = a;
      clause.insert(clause.end(), b.begin(), b.end());
      add_clause(out, std::move(clause));
    }
  }
  return out;
}

bool in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == '.' || c == '=' || c == ':' || c == '/' || c == '+' || c == '@';
}

class Reader {
 public:
  explicit Reader(std::string_view text) : m_text(text) {}

  std::optional<FeatureClauses> all() {
    auto clauses = terms(0);
    if (!clauses || !m_text.empty()) return std::nullopt;
    return clauses;
  }

 private:
  std::optional<FeatureClauses> terms(int depth) {
    auto left = term(depth);
    while (left && !m_text.empty() && (m_text.front() == '&' || m_text.front() == ',' || m_text.front() == '|')) {
      const char sign = m_text.front();
      m_text.remove_prefix(1);
      const auto right = term(depth);
      if (!right) return std::nullopt;
      left = sign == '|' ? either(*left, *right) : both(std::move(*left), *right);
      if (left->size() > k_clauses_max) return std::nullopt;
    }
    return left;
  }

  std::optional<FeatureClauses> term(int depth) {
    if (m_text.empty() || depth > k_depth_max) return std::nullopt;
    if (m_text.front() == '(' || m_text.front() == '[') {
      const char close = m_text.front() == '(' ? ')' : ']';
      m_text.remove_prefix(1);
      auto inner = terms(depth + 1);
      if (!inner || m_text.empty() || m_text.front() != close) return std::nullopt;
      m_text.remove_prefix(1);
      return inner;
    }
    const auto length = static_cast<std::size_t>(std::ranges::find_if_not(m_text, in_name) - m_text.begin());
    if (length == 0) return std::nullopt;
    FeatureClauses one{{std::string(m_text.substr(0, length))}};
    m_text.remove_prefix(length);
    return one;
  }

  std::string_view m_text;
};

}  // namespace

std::optional<FeatureClauses> parse_features(std::string_view text) {
  if (is_none(text)) return FeatureClauses{};
  auto clauses = Reader(text).all();
  if (clauses) std::ranges::sort(*clauses);
  return clauses;
}

}  // namespace tide::batch::slurm
