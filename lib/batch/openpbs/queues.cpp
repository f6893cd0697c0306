#include <tide/batch/openpbs/queues.hpp>
#include <tide/batch/openpbs/text_reader.hpp>
#include <tide/util/text.hpp>

#include <algorithm>

namespace tide::batch::openpbs {

namespace {

class QueueVisitor {
 public:
  Result<void> begin(std::string_view id) {
    m_name = unescape(id);
    m_queue = {};
    if (!queues.contains(m_name)) return {};
    return make_error(ErrorKind::protocol, "queue '{}' is listed twice", printable(id, 80));
  }
  bool may_want(char /*first*/, char /*second*/) const { return true; }
  bool wants(std::string_view /*group*/) const { return false; }
  void attribute(std::string_view group, std::string_view key, std::string_view value) {
    if (!group.empty()) return;
    if (key == "started") m_queue.started = value == "True";
    if (key == "queue_type") m_queue.execution = value.starts_with("E") || value.starts_with("e");
    // The key is repeated for each limit (openpbs issue 2677).
    if (key == "max_run") limit(overall_limit(value));
    if (key == "max_running") limit(parse_integer(value).value_or(-1));
  }
  void damage() {}
  Result<void> end() {
    queues.emplace(std::move(m_name), m_queue);
    return {};
  }

  Queues queues;

 private:
  void limit(std::int64_t most) {
    if (most >= 0) m_queue.max_run = m_queue.max_run < 0 ? most : std::min(m_queue.max_run, most);
  }

  std::string m_name;
  Queue m_queue;
};

}  // namespace

std::int64_t overall_limit(std::string_view text) {
  constexpr std::string_view k_all = "o:PBS_ALL=";
  const std::size_t at = text.find(k_all);
  if (at == std::string_view::npos) return -1;
  const std::string_view rest = text.substr(at + k_all.size());
  return parse_integer(rest.substr(0, rest.find_first_not_of("0123456789"))).value_or(-1);
}

Result<Queues> parse_queues(std::string_view text, Form form) {
  QueueVisitor visitor;
  if (form == Form::json) {
    JsonReader reader("Queue");
    TIDE_TRY(reader.feed(text, visitor));
    TIDE_TRY(reader.finish(visitor));
  } else {
    TextReader reader("Queue: ");
    TIDE_TRY(reader.feed(text, visitor));
    TIDE_TRY(reader.finish(visitor));
  }
  if (visitor.queues.empty())
    return make_error(ErrorKind::unproven, "it lists no queue, and a server has one at least");
  return std::move(visitor.queues);
}

}  // namespace tide::batch::openpbs
