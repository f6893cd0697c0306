#include "cmd/changing.hpp"
#include "cmd/commands.hpp"

#include <tide/core/limits.hpp>
#include <tide/util/text.hpp>

#include <algorithm>
#include <memory>
#include <set>

namespace tide::cmd {

namespace {

// A typing error would be remembered as a head, and its machines never become ours. Where a cloud could not be read the
// person's word holds: the old head may have machines there.
Result<void> check_head(Context& context, const core::HeadId& self, const std::string& from) {
  TIDE_TRY_ASSIGN(engine::Ports * ports, context.ports(!context.options().dry_run));
  if (ports->begin_pass) ports->begin_pass(core::k_pass_deadline);
  std::set<std::string> heads;
  for (const auto& [name, cloud] : ports->clouds) {
    const auto listed = cloud->list(context.settings().cluster);
    if (!listed) return {};
    for (const core::Instance& instance : *listed) {
      if (core::tag_of(instance, core::tag::k_cluster) != context.settings().cluster) continue;
      heads.emplace(core::tag_of(instance, core::tag::k_owner));
    }
  }
  if (heads.contains(from)) return {};
  heads.erase("");
  heads.erase(self.value);
  return make_error(ErrorKind::not_found, "no machine of cluster '{}' belongs to head '{}'", context.settings().cluster,
                    printable(from, 80))
      .with_hint(heads.empty()
                     ? std::string("None belongs to another head than this one: there is nothing to take over.")
                     : fmt::format("Heads whose machines there are: {}.",
                                   join(std::vector<std::string>(heads.begin(), heads.end()), ", ")));
}

Result<core::ExitCode> run_takeover(Context& context, const std::string& from) {
  TIDE_TRY(context.config());
  TIDE_TRY_ASSIGN(const core::HeadId self, head_id(context.settings().cluster));
  if (from == self.value)
    return make_error(ErrorKind::usage, "'{}' is this head itself", from)
        .with_hint("'tide scale-once' names the other head.");
  TIDE_TRY(check_head(context, self, from));
  context.say_cluster();
  TIDE_TRY(context.confirm(fmt::format(
      "Take over all machines of head '{}': only this head may scale them from now on, the other must be off.", from)));
  return edit_memory(context, "takeover", fmt::format("take over the machines of head '{}'", from),
                     [&](core::Memory& memory) -> Result<void> {
                       if (std::ranges::find(memory.taken_over, core::HeadId{from}) == memory.taken_over.end())
                         memory.taken_over.push_back({from});
                       return {};
                     });
}

}  // namespace

CommandSpec takeover_command() {
  auto from = std::make_shared<std::string>();
  return {.name = "takeover",
          .group = Group::repair,
          .summary = "Make another head's machines this head's own",
          .options = {{"--from", "HEAD", "The other head's ID, as the refusal names it", from.get(), true}},
          .run = [from](Context& context) { return run_takeover(context, *from); },
          .changes = true};
}

}  // namespace tide::cmd
