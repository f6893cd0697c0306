#include <tide/batch/gridengine/job_shape.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <array>

namespace tide::batch::gridengine {

namespace {

constexpr int k_slots_max = 1'000'000;
constexpr int k_parts_max = 64;  // of a job whose slots each want a GPU, and may be on any host

// Limits of the job's own processes: no host offers more or less of them. As consumables they are judged before this.
constexpr std::array<std::string_view, 17> k_own_limits{"s_rt",    "h_cpu",  "s_cpu",  "h_data",  "s_data",  "h_stack",
                                                        "s_stack", "h_core", "s_core", "h_fsize", "s_fsize", "h_rss",
                                                        "s_rss",   "h_vmem", "s_vmem", "slots",   "rerun"};
// What a host reports as a whole.
constexpr std::array<std::string_view, 4> k_host_memory{"mem_free", "mem_total", "virtual_free", "virtual_total"};

// What one slot, or the whole host, must have.
struct Wants {
  std::int64_t memory_per_slot = 0;
  std::int64_t memory_per_node = 0;
  core::Gpus gpus_per_slot;
  core::Gpus gpus_per_node;
};

void cannot_judge(core::Shape& shape, const std::string& words) {
  if (!shape.unjudged.empty()) shape.unjudged += ", ";
  shape.unjudged += printable(words, 120);
}

void take_for_met(core::Shape& shape, const std::string& words) {
  if (!shape.assumed.empty()) shape.assumed += ", ";
  shape.assumed += printable(words, 120);
}

bool is_true_word(std::string_view value) {
  const std::string word = to_lower(value);
  return word == "true" || word == "1" || word == "t";
}

void name_host(const std::string& host, const std::string& words, Wishes& wishes) {
  if (host == "*" || host.empty()) return;
  if (host.starts_with('!')) {
    take_for_met(wishes.shape, words);
  } else if (host.find_first_of("*?[") != std::string::npos) {
    cannot_judge(wishes.shape, words);
  } else {
    wishes.bound_to = host;
  }
}

// "all.q", "all.q@host", "*@@allhosts", "gpu.*".
void name_queue(const std::string& words, const ShapeContext& context, Wishes& wishes,
                std::vector<std::string>& queues) {
  const std::size_t at = words.find('@');
  const std::string queue = words.substr(0, at);
  if (at != std::string::npos) {
    const std::string where = words.substr(at + 1);
    if (!where.starts_with('@')) {
      name_host(where, "-q " + words, wishes);
    } else if (!std::ranges::all_of(context.groups, [&](const auto& group) { return matches_pattern(where, group); })) {
      cannot_judge(wishes.shape, "-q " + words);  // which pool's nodes come into it, a shape cannot say
    }
  }
  if (queue.empty() || queue == "*") {
    queues.insert(queues.end(), context.queues.begin(), context.queues.end());
  } else if (!is_pattern(queue)) {
    queues.push_back(queue);
  } else {
    std::ranges::copy_if(context.queues, std::back_inserter(queues),
                         [&](const auto& one) { return matches_pattern(queue, one); });
    if (queues.empty()) cannot_judge(wishes.shape, "-q " + words);
  }
}

void take_queues(const JobRecord& job, const ShapeContext& context, Wishes& wishes) {
  std::vector<std::string> queues;
  const std::string bound_by_others = wishes.bound_to;
  bool free = false;  // one of the alternatives names no host
  for (const std::string& words : job.queues) {
    for (const std::string_view one : split(words, ',')) {
      wishes.bound_to = "";
      name_queue(std::string(trim(one)), context, wishes, queues);
      free = free || wishes.bound_to.empty();
    }
  }
  if (free || job.queues.empty() || !bound_by_others.empty()) wishes.bound_to = bound_by_others;
  std::ranges::sort(queues);
  queues.erase(std::unique(queues.begin(), queues.end()), queues.end());
  for (const std::string& words : job.master_queues) take_for_met(wishes.shape, "-masterq " + words);
  if (queues.empty()) return;
  std::vector<std::string> served;
  std::ranges::copy_if(queues, std::back_inserter(served),
                       [&](const auto& one) { return context.served.contains(one); });
  if (served.empty()) {
    cannot_judge(wishes.shape, "-q " + join(queues, ",") + ", in which no node of tide's gets slots");
  } else {
    queues = std::move(served);
  }
  wishes.shape.queue = queues.front();
  wishes.shape.other_queues.assign(queues.begin() + 1, queues.end());
}

// A feature that some pool has, by its own name or as the value of a resource.
void take_feature(const std::string& name, const std::string& value, core::Chunk& chunk) {
  std::vector<std::string> alternatives;
  for (const std::string_view one : split(value, '|')) {
    alternatives.push_back(name + "=" + std::string(one));
    alternatives.emplace_back(one);
  }
  chunk.features.push_back(std::move(alternatives));
}

void take_memory(const Complex& what, const std::string& words, std::string_view value, core::Shape& shape,
                 Wants& wants) {
  const auto mib = parse_mib_up(value);
  if (!mib) return cannot_judge(shape, words);
  std::int64_t& into = what.consumable == "YES" ? wants.memory_per_slot : wants.memory_per_node;
  into = std::max(into, *mib);
}

// A resource that jobs use up.
void take_consumed(const Complex& what, const std::string& words, const std::string& value, const ShapeContext& context,
                   core::Shape& shape, Wants& wants) {
  const auto& gpus = context.names.gpus;
  const auto gpu = std::ranges::find(gpus, what.name, &std::pair<std::string, std::string>::second);
  if (gpu != gpus.end()) {
    const auto count = parse_count(value);
    if (!count || *count > 10'000) return cannot_judge(shape, words);
    if (*count > 0)
      (what.consumable == "YES" ? wants.gpus_per_slot : wants.gpus_per_node)[gpu->first] += static_cast<int>(*count);
  } else if (context.licences.contains(what.name)) {
    take_for_met(shape, words);
  } else if (what.type == "MEMORY" &&
             std::ranges::find(context.names.memory, what.name) != context.names.memory.end()) {
    take_memory(what, words, value, shape, wants);
  } else if (what.relation == "EXCL") {
    shape.exclusive = shape.exclusive || is_true_word(value);
  } else if (what.name != "slots") {
    cannot_judge(shape, words);
  }
}

void take_request(const std::string& asked, const std::string& value, const ShapeContext& context, Wishes& wishes,
                  Wants& wants, std::vector<std::string>& queues) {
  core::Shape& shape = wishes.shape;
  const std::string words = fmt::format("-l {}={}", asked, value);
  const auto found = context.complexes.find(asked);
  if (found == context.complexes.end()) return cannot_judge(shape, words);
  const Complex& what = found->second;
  if (what.is_consumed()) return take_consumed(what, words, value, context, shape, wants);
  if (what.name == "h_rt") {
    const auto limit = parse_time_limit(value);
    if (limit) shape.walltime = shape.walltime.count() == 0 ? *limit : std::min(shape.walltime, *limit);
    if (!limit && value != "INFINITY") cannot_judge(shape, words);
  } else if (what.name == "hostname") {
    name_host(value, words, wishes);
  } else if (what.name == "qname") {
    queues.push_back(value);
  } else if (std::ranges::find(k_own_limits, what.name) != k_own_limits.end()) {
    return;
  } else if (std::ranges::find(k_host_memory, what.name) != k_host_memory.end()) {
    take_memory(what, words, value, shape, wants);
  } else if (what.name == "arch") {
    if (value.find("lx") != std::string::npos || value.starts_with('*')) {
      if (!matches_pattern(value, "lx-amd64")) take_for_met(shape, words);
    } else {
      cannot_judge(shape, words);
    }
  } else if (what.type == "BOOL") {
    if (is_true_word(value)) {
      shape.chunks.front().features.push_back({what.name});
    } else {
      take_for_met(shape, words);
    }
  } else if (what.type.ends_with("STRING") && what.relation == "==" &&
             value.find_first_of("*?[!&(") == std::string::npos) {
    take_feature(what.name, value, shape.chunks.front());
  } else {
    cannot_judge(shape, words);
  }
}

// A job that asks for no memory takes what the cluster's list of resources says.
void take_fallbacks(const JobRecord& job, const ShapeContext& context, Wants& wants) {
  for (const std::string& name : context.names.memory) {
    const auto found = context.complexes.find(name);
    if (found == context.complexes.end() || found->second.consumable != "YES") continue;
    const bool asked = std::ranges::any_of(job.requests, [&](const auto& request) {
      const auto what = context.complexes.find(request.first);
      return what != context.complexes.end() && what->second.name == found->second.name;
    });
    const auto mib = parse_mib_up(found->second.fallback);
    if (!asked && mib) wants.memory_per_slot = std::max(wants.memory_per_slot, *mib);
  }
}

core::Gpus times(const core::Gpus& gpus, int count) {
  core::Gpus product = gpus;
  for (auto& [type, number] : product) number *= count;
  return product;
}

core::Gpus plus(core::Gpus gpus, const core::Gpus& more) {
  for (const auto& [type, number] : more) gpus[type] += number;
  return gpus;
}

void lay_out(const JobRecord& job, const ShapeContext& context, const Wants& wants, core::Shape& shape) {
  core::Chunk& chunk = shape.chunks.front();
  chunk.memory_mib_per_slot = wants.memory_per_slot;
  chunk.memory_mib_per_node = wants.memory_per_node;
  chunk.gpus_per_node = wants.gpus_per_node;
  chunk.nodes_max = 1;
  if (job.pe.empty()) {
    chunk.gpus_per_node = plus(chunk.gpus_per_node, wants.gpus_per_slot);
    return;
  }
  const auto rule = context.rules.find(job.pe);
  const bool by_host = rule != context.rules.end() && rule->second.kind == AllocationRule::Kind::per_host;
  // What the rule's number does not divide is never started.
  const auto slots = fewest_slots(job.range.empty() ? job.slots : job.range, by_host ? rule->second.slots : 1);
  const std::string words = fmt::format("-pe {} {}", job.pe, job.range);
  if (!slots) return cannot_judge(shape, words);
  chunk.tasks = *slots;
  if (rule == context.rules.end()) return cannot_judge(shape, words);
  if (*slots > rule->second.total)
    return cannot_judge(shape, fmt::format("{}, of which it has {} in all", words, rule->second.total));
  switch (rule->second.kind) {
    case AllocationRule::Kind::one_host:
      chunk.gpus_per_node = plus(chunk.gpus_per_node, times(wants.gpus_per_slot, *slots));
      return;
    case AllocationRule::Kind::per_host: {
      const int each = rule->second.slots;
      chunk.nodes = chunk.nodes_max = *slots / each;
      chunk.tasks_per_node = each;
      chunk.gpus_per_node = plus(chunk.gpus_per_node, times(wants.gpus_per_slot, std::min(each, *slots)));
      return;
    }
    case AllocationRule::Kind::spread: break;
  }
  chunk.nodes_max = 0;
  if (wants.gpus_per_slot.empty()) return;
  if (*slots > k_parts_max) return cannot_judge(shape, words + " with GPUs for each slot");
  // A slot and its GPUs may be on any host: each is a part of its own.
  chunk.tasks = 1;
  chunk.nodes_max = 1;
  chunk.gpus_per_node = plus(chunk.gpus_per_node, wants.gpus_per_slot);
  shape.chunks.assign(static_cast<std::size_t>(*slots), core::Chunk(chunk));
}

}  // namespace

std::optional<int> fewest_slots(std::string_view range, int step) {
  std::optional<std::int64_t> fewest;
  for (const std::string_view part : split(range, ',')) {
    const std::size_t dash = part.find('-');
    const std::string_view first = trim(part.substr(0, dash));
    const std::string_view last = dash == std::string_view::npos ? first : trim(part.substr(dash + 1));
    const auto from =
        first.empty() && dash != std::string_view::npos ? std::optional<std::int64_t>(1) : parse_integer(first);
    const auto to = last.empty() ? std::optional<std::int64_t>(k_slots_max) : parse_integer(last);
    if (!from || !to || *from < 1 || *from > k_slots_max) return {};
    const std::int64_t multiple = (*from + step - 1) / step * step;
    if (multiple <= *to && multiple <= k_slots_max) fewest = std::min(fewest.value_or(multiple), multiple);
  }
  if (!fewest) return {};
  return static_cast<int>(*fewest);
}

bool wants_queue_names(const JobRecord& job) {
  const auto is_open = [](const std::string& words) {
    const std::string_view queue = std::string_view(words).substr(0, words.find('@'));
    return queue.empty() || is_pattern(queue);
  };
  return std::ranges::any_of(job.queues, is_open) || std::ranges::any_of(job.requests, [&](const auto& request) {
           return (request.first == "qname" || request.first == "q") && is_open(request.second);
         });
}

Wishes wishes_of(const JobRecord& job, const ShapeContext& context) {
  Wishes wishes;
  wishes.shape.chunks.resize(1);
  if (!job.project.empty()) {
    wishes.shape.account = printable(job.project, 120);
  } else if (job.department != "defaultdepartment") {
    wishes.shape.account = printable(job.department, 120);
  }
  Wants wants;
  JobRecord named = job;
  for (const auto& [name, value] : job.requests) take_request(name, value, context, wishes, wants, named.queues);
  take_fallbacks(job, context, wants);
  take_queues(named, context, wishes);
  lay_out(job, context, wants, wishes.shape);
  return wishes;
}

}  // namespace tide::batch::gridengine
