#include "support_slurm.hpp"

#include <where.hpp>

#include <array>

namespace tide::test {

using batch::slurm::Column;

std::string slurm_fixture(const std::string& name) {
  return read_file(test::fixtures() + "/slurm/22.05/" + name).value();
}

Result<core::JobQueue> read_queue(std::string_view text, batch::slurm::QueueOptions options, std::size_t piece) {
  if (options.now == TimePoint{}) options.now = k_recorded;
  batch::slurm::QueueBuilder builder(options);
  for (std::size_t at = 0; at < text.size(); at += piece) TIDE_TRY(builder.feed(text.substr(at, piece)));
  return builder.finish();
}

std::string squeue_line(const Changes& changes) {
  std::array<std::string, batch::slurm::k_columns> fields;
  fields.fill("N/A");
  const auto set = [&](Column column, std::string value) {
    fields[static_cast<std::size_t>(column)] = std::move(value);
  };
  for (const Column column : {Column::id, Column::array_id, Column::raw_id}) set(column, "7");
  set(Column::state, "PENDING");
  set(Column::nodes, "");
  set(Column::submit_time, "1795629125");
  set(Column::eligible_time, "1795629125");
  set(Column::dependency, "(null)");
  set(Column::priority, "100");
  set(Column::reason, "Resources");
  set(Column::partition, "cloud");
  set(Column::tres, "cpu=1,mem=100M,node=1,billing=1");
  set(Column::max_nodes, "1");
  for (const Column column : {Column::tasks, Column::cpus_per_task, Column::min_cpus, Column::requeue})
    set(column, "1");
  for (const Column column : {Column::tasks_per_node, Column::tmp_disk, Column::contiguous, Column::switches})
    set(column, "0");
  set(Column::min_memory, "100M");
  set(Column::features, "(null)");
  set(Column::sharing, "OK");
  set(Column::time_limit, "1:00:00");
  set(Column::required_nodes, "");
  set(Column::reservation, "(null)");
  for (const auto& [column, value] : changes) set(column, value);
  std::string line;
  for (const auto& field : fields) line += field + "\t";
  return line;
}

std::string squeue_text(const std::vector<std::string>& lines) {
  std::string text = batch::slurm::squeue_header() + "\n";
  for (const auto& line : lines) text += line + "\n";
  return text;
}

}  // namespace tide::test
