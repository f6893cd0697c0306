#pragma once

#include <tide/core/finding.hpp>
#include <tide/core/health.hpp>
#include <tide/core/instance.hpp>
#include <tide/core/settings.hpp>
#include <tide/core/snapshot.hpp>
#include <tide/util/result.hpp>

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tide::cloud {

// What the cloud said of one of the choices of a launch that gave it several at once.
struct ChoiceRefused {
  core::Choice choice;
  Error error;

  bool operator==(const ChoiceRefused&) const = default;
};

// What one launch call brought. Fewer than asked is no failure as long as it is at least min_count.
struct LaunchReply {
  std::vector<core::Instance> instances;
  std::vector<ChoiceRefused> refused;

  bool operator==(const LaunchReply&) const = default;
};

// What belongs to machines and is none, as Nova's floating IPs: for whom it is kept up.
struct Upkeep {
  std::string cluster;
  std::string owner;                        // the head's ID
  std::span<const core::Instance> running;  // of ours, as just listed, without those that this pass ended
  bool thorough = false;                    // once in ten minutes: what only a longer look finds, too
};

// One thing that was done for them, or could not be.
struct UpkeepStep {
  std::string verb;     // "attach", "release"
  std::string subject;  // a machine's name, or the thing's own
  std::string text;
  std::optional<Error> error = {};

  bool operator==(const UpkeepStep&) const = default;
};

using InstanceType = core::InstanceType;
using Limits = core::CloudTraits;

// May the cloud have done what failed like this?
bool may_have_been_done(ErrorKind kind);

// One account in one region. Adapters translate; they never retry, sleep, log or decide.
// Callers branch on ErrorKind only.
class Cloud {
 public:
  virtual ~Cloud() = default;

  virtual const core::CloudName& name() const = 0;
  virtual core::CloudTraits limits() const = 0;

  // Every instance that carries tide:cluster=CLUSTER, in any state and of any owner; all pages; sorted by ID.
  virtual Result<std::vector<core::Instance>> list(const std::string& cluster) = 0;

  // Memory knows launches that were requests (CloudTraits::by_request), whatever the pools say by now: the listings
  // that follow show what is left of them.
  virtual void look_for_requests() {}

  // One result a request, in order. Where has_launch_tokens, a request whose reply was lost can be repeated.
  // `retry`, `timeout` and `protocol` errors mean: may or may not have been done. All others: was not done.
  virtual std::vector<Result<LaunchReply>> launch(std::span<const core::LaunchRequest> requests) = 0;

  // Stops machines that can be started again by a launch that names them (LaunchRequest::restart; that is answered with
  // them, and done twice is done once). One result an ID, in order; one that is stopped already counts as success. Only
  // where the traits say can_stop.
  virtual std::vector<Result<void>> stop(std::span<const core::InstanceId> ids);

  // The ID of the image that this request means now: where a pool names it by a pattern or a parameter. The launch that
  // follows asks for that ID.
  virtual Result<std::string> resolve_image(const core::LaunchRequest& request) { return request.image; }

  // One result an ID, in order. An instance that is already gone counts as success.
  virtual std::vector<Result<void>> terminate(std::span<const core::InstanceId> ids) = 0;

  // Machines of the account, whoever's, in any state, that bear one of these words as their ID, their name or an
  // address; sorted by ID. None is an empty list.
  virtual Result<std::vector<core::Instance>> find(std::span<const std::string> words) = 0;

  // Sets and removes a machine's tags; done twice is done once. `not_found` where there is no such machine.
  virtual Result<void> retag(const core::InstanceId& id, const core::Retag& tags) = 0;

  // What the machine last wrote on its console; "" if there is nothing.
  virtual Result<std::string> console(const core::InstanceId& id) = 0;

  // What is wrong with machines, or is to happen to them; those of others may be among them. Where the traits do not
  // say that it can be asked, nobody asks.
  virtual Result<std::vector<core::Health>> health(core::HealthQuestion /*question*/) {
    return make_error(ErrorKind::unexpected, "cloud '{}' was asked for what it does not tell", name().value);
  }

  // What spot machines of these types cost an hour now, in each zone; sorted by type, then zone.
  virtual Result<std::vector<core::SpotPrice>> spot_prices(std::span<const std::string> /*types*/) {
    return make_error(ErrorKind::unexpected, "cloud '{}' was asked for what it does not tell", name().value);
  }

  // What the account has paid for in advance, and which machines beside this cluster's use that up.
  virtual Result<core::Reservations> reservations(const std::string& /*cluster*/) {
    return make_error(ErrorKind::unexpected, "cloud '{}' was asked for what it does not tell", name().value);
  }

  // Sizes of those of these types that the cloud knows.
  virtual Result<std::vector<InstanceType>> types(std::span<const std::string> names) = 0;

  // What is wrong with this pool for this cloud, without any call; part of loading the configuration.
  virtual Result<void> check(const core::Pool& pool) const = 0;

  // What a launch of each of these and an end would come up against, found by calls that change and cost nothing:
  // rights, images, networks, keys, types, sizes, the clock, the credentials. One request a pool, of one machine.
  virtual core::Findings examine(std::span<const core::LaunchRequest> /*launches*/) { return {}; }

  // Whose credentials the last call went with, and until when they are good; "" if there is nothing to say. No secret.
  virtual std::string identity() const { return ""; }

  // What a person should know of the last calls though they went well: a clock that is off; "" if nothing.
  virtual std::string notice() const { return ""; }

  // What was sent so far, repeats included: the peer's own name of each action, and how often.
  virtual std::map<std::string, int> calls() const { return {}; }

  // Gives these machines what they lack of their pools' belongings, and back what no machine has any more. Once in each
  // pass that may act on everything, where the listing could be read; repeats change nothing.
  virtual std::vector<UpkeepStep> keep_up(const Upkeep& /*of*/) { return {}; }
};

// What the pool's key of its cloud's kind says: all of it, or the first, or nothing.
std::vector<std::string> values_of(const core::LaunchRequest& request, const char* key);
std::string value_of(const core::LaunchRequest& request, const char* key);

// What is wrong with this pool for this cloud, the keys that are every cloud's included (kind config).
Result<void> check_pool(const Cloud& cloud, const core::Pool& pool);

}  // namespace tide::cloud
