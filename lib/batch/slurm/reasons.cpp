#include <tide/batch/slurm/reasons.hpp>

#include <algorithm>
#include <array>

namespace tide::batch::slurm {

namespace {

using core::Waiting;

struct ReasonClass {
  std::string_view reason;
  Waiting waiting;
};

// All of job_reason_string() in 22.05.8 that are not limits of an account or a QOS (those go by their beginnings).
constexpr std::array k_reasons{
    ReasonClass{"None", Waiting::eligible},
    ReasonClass{"WaitingForScheduling", Waiting::eligible},
    ReasonClass{"Resources", Waiting::eligible},
    ReasonClass{"Priority", Waiting::eligible},
    ReasonClass{"PartitionConfig",
                Waiting::eligible},  // no node, or none large enough, in the partition: what tide is for
    ReasonClass{"PartitionNodeLimit",
                Waiting::eligible},  // too few nodes yet; Partitions know the limits of slurm.conf
    ReasonClass{"NodeDown", Waiting::eligible},
    ReasonClass{"Dependency", Waiting::dependent},
    ReasonClass{"JobHeldUser", Waiting::held},
    ReasonClass{"JobHeldAdmin", Waiting::held},
    ReasonClass{"JobHoldMaxRequeue", Waiting::held},
    ReasonClass{"ReservationDeleted", Waiting::held},
    ReasonClass{"BeginTime", Waiting::deferred},
    ReasonClass{"Cleaning", Waiting::deferred},
    ReasonClass{"Prolog", Waiting::deferred},
    ReasonClass{"SchedDefer", Waiting::deferred},
    ReasonClass{"FedJobLock", Waiting::deferred},
    ReasonClass{"BurstBufferResources", Waiting::deferred},
    ReasonClass{"BurstBufferStageIn", Waiting::deferred},
    ReasonClass{"BurstBufferOperation", Waiting::deferred},
    ReasonClass{"Licenses", Waiting::limited},
    ReasonClass{"JobArrayTaskLimit", Waiting::limited},
    ReasonClass{"AccountingPolicy", Waiting::limited},
    ReasonClass{"AssociationJobLimit", Waiting::limited},
    ReasonClass{"AssociationResourceLimit", Waiting::limited},
    ReasonClass{"AssociationTimeLimit", Waiting::limited},
    ReasonClass{"PowerNotAvail", Waiting::limited},
    ReasonClass{"PowerReserved", Waiting::limited},
    ReasonClass{"PartitionDown", Waiting::queue_closed},
    ReasonClass{"PartitionInactive", Waiting::queue_closed},
    ReasonClass{"FrontEndDown", Waiting::queue_closed},
    ReasonClass{"Reservation", Waiting::node_bound},
    ReasonClass{"PartitionTimeLimit", Waiting::failed},
    ReasonClass{"BadConstraints", Waiting::failed},
    ReasonClass{"DependencyNeverSatisfied", Waiting::failed},
    ReasonClass{"DeadLine", Waiting::failed},
    ReasonClass{"InvalidAccount", Waiting::failed},
    ReasonClass{"InvalidQOS", Waiting::failed},
    ReasonClass{"QOSNotAllowed", Waiting::failed},
    ReasonClass{"AccountNotAllowed", Waiting::failed},
    ReasonClass{"MaxMemPerLimit", Waiting::failed},
    ReasonClass{"SystemFailure", Waiting::failed},
    ReasonClass{"JobLaunchFailure", Waiting::failed},
    ReasonClass{"NonZeroExitCode", Waiting::failed},
    ReasonClass{"TimeLimit", Waiting::failed},
    ReasonClass{"InactiveLimit", Waiting::failed},
    ReasonClass{"OutOfMemory", Waiting::failed},
    ReasonClass{"BlockMaxError", Waiting::failed},
    ReasonClass{"BlockFreeAction", Waiting::failed},
};

struct StateStage {
  std::string_view state;
  JobStage stage;
};

// job_state_string() of 22.05; the flags of a state (COMPLETING, REQUEUED, ...) hide its base.
constexpr std::array k_states{
    StateStage{"PENDING", JobStage::waiting},        StateStage{"REQUEUED", JobStage::waiting},
    StateStage{"REQUEUE_FED", JobStage::waiting},    StateStage{"REQUEUE_HOLD", JobStage::waiting},
    StateStage{"SPECIAL_EXIT", JobStage::waiting},   StateStage{"RESV_DEL_HOLD", JobStage::waiting},
    StateStage{"RUNNING", JobStage::on_nodes},       StateStage{"SUSPENDED", JobStage::on_nodes},
    StateStage{"CONFIGURING", JobStage::on_nodes},   StateStage{"COMPLETING", JobStage::on_nodes},
    StateStage{"STOPPED", JobStage::on_nodes},       StateStage{"SIGNALING", JobStage::on_nodes},
    StateStage{"STAGE_OUT", JobStage::on_nodes},     StateStage{"RESIZING", JobStage::on_nodes},
    StateStage{"COMPLETED", JobStage::finished},     StateStage{"CANCELLED", JobStage::finished},
    StateStage{"FAILED", JobStage::finished},        StateStage{"TIMEOUT", JobStage::finished},
    StateStage{"NODE_FAIL", JobStage::finished},     StateStage{"PREEMPTED", JobStage::finished},
    StateStage{"BOOT_FAIL", JobStage::finished},     StateStage{"DEADLINE", JobStage::finished},
    StateStage{"OUT_OF_MEMORY", JobStage::finished}, StateStage{"REVOKED", JobStage::finished},
};

// AssocGrpCpuLimit, QOSMaxNodePerUserLimit, MaxGRESPerAccount and some 120 more.
bool is_limit(std::string_view reason) {
  return reason.starts_with("Assoc") || reason.starts_with("QOS") ||
         (reason.starts_with("Max") && reason.ends_with("PerAccount"));
}

Waiting class_of_reason(std::string_view reason) {
  for (const auto& entry : k_reasons) {
    if (entry.reason == reason) return entry.waiting;
  }
  if (reason.starts_with("Nodes required for job are DOWN")) return Waiting::eligible;
  if (reason == "ReqNodeNotAvail, Reserved for maintenance") return Waiting::deferred;
  if (reason.starts_with("ReqNodeNotAvail")) return Waiting::eligible;
  if (is_limit(reason)) return Waiting::limited;
  // "launch failed requeued held", "job requeued in held state"
  if (reason.ends_with("requeued held") || reason.ends_with("held state")) return Waiting::held;
  return Waiting::unknown;
}

}  // namespace

JobStage stage_of(std::string_view state) {
  const auto* const entry = std::ranges::find(k_states, state, &StateStage::state);
  return entry == k_states.end() ? JobStage::unknown : entry->stage;
}

Waiting classify(std::string_view state, std::string_view reason, bool bound) {
  if (state == "REQUEUE_HOLD" || state == "SPECIAL_EXIT" || state == "RESV_DEL_HOLD") return Waiting::held;
  if (state == "REQUEUED" || state == "REQUEUE_FED") return Waiting::deferred;
  const Waiting waiting = class_of_reason(reason);
  return bound && waiting == Waiting::eligible ? Waiting::node_bound : waiting;
}

}  // namespace tide::batch::slurm
