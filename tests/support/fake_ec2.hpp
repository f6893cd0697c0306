#pragma once

#include <tide/net/transport.hpp>
#include <tide/util/clock.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace tide::test {

// A small EC2 that keeps a world: verifies signatures (written from AWS's description, not from lib/cloud/aws), honours
// ClientToken, pages, lets states take their time, runs out of capacity and fails on order. tests/real/fake_ec2 checks
// it with the AWS command line.
struct FakeEc2Options {
  std::string access_key = "AKIDTEST";
  std::string secret_key = "secret/of+the=test";
  std::string session_token;
  std::string region = "eu-central-1";
  std::function<TimePoint()> now;     // required
  int lists_until_running = 1;        // first pages of DescribeInstances until pending becomes running
  int lists_until_terminated = 1;     // likewise until shutting-down becomes terminated
  int lists_until_forgotten = 0;      // and until a terminated one is no longer listed; 0: never
  bool ignores_dry_run = false;       // as servers that speak EC2 may
  bool keeps_volumes = false;         // as images may say: they outlive their machines
  std::size_t page_max = 1000;        // instances a page, whatever MaxResults says
  int looks_until_fulfilled = 0;      // listings that show a spot request without its machine
  bool ignores_request_tags = false;  // TagSpecification of RequestSpotInstances, as older servers
};

struct FakeImage {
  std::string id;
  std::string name;
  std::string owner = "self";
  std::string created = "2026-01-01T00:00:00.000Z";
};

struct FakeInstance {
  std::string id;
  std::string reservation;
  std::string token;
  std::string image;
  std::string type;
  std::string state = "pending";
  std::string subnet;
  std::string zone;
  std::string address;
  std::string user_data;  // as sent, base64
  bool spot = false;
  bool by_request = false;    // a spot request of its own brought it
  bool is_protected = false;  // OperationNotPermitted when ended
  std::string impaired;       // "system" or "instance": which check fails
  std::string event;          // "instance-retirement": planned for tomorrow
  std::string notice;         // status code of its spot request; "" is fulfilled
  std::string reason;         // of its end; "" is the user's
  int index = 0;
  int lists = 0;  // seen in this state
  TimePoint launched_at{};
  std::map<std::string, std::string> tags;
  std::map<std::string, std::string> volume_tags;
};

struct FakeSpotRequest {
  std::string id;
  std::string token;
  std::map<std::string, std::string> parameters;  // as sent
  std::string state = "open";
  std::string code = "pending-evaluation";
  std::string machine;
  int looks = 0;
  TimePoint created{};
  std::optional<TimePoint> valid_until;
  std::map<std::string, std::string> tags;
};

struct FakeReserved {
  std::string type;
  std::string zone;  // "": of the region
  int count = 1;
  std::string product = "Linux/UNIX";
  std::string state = "active";
};

enum class FakeFault {
  code,        // the error `code` with `status`
  code_after,  // it was done, the error comes
  lost,        // the connection breaks, nothing was done
  lost_after,  // it was done, the connection breaks
  cut_after,   // it was done, half of the answer comes
  html,        // 502 with a proxy's page, nothing was done
  html_ok,     // 200 with a page that is no answer, nothing was done
};

struct FakeFaults {
  FakeFault fault = FakeFault::code;
  int times = 1;
  std::string action;  // "": any
  std::string code = "RequestLimitExceeded";
  int status = 503;
  int retry_after = 0;
};

class FakeEc2 {
 public:
  using Parameters = std::map<std::string, std::string>;

  explicit FakeEc2(FakeEc2Options options) : m_options(std::move(options)) {}

  // The answer, or an error of kind retry for a connection that breaks. Safe from several threads.
  Result<net::Response> handle(const net::Request& request);

  void fail(FakeFaults faults);
  // Launches of "TYPE", "SUBNET" or "TYPE@SUBNET" are refused with this code, until it is "". A status code
  // ("capacity-not-available") lets spot requests wait with it.
  void refuse(const std::string& what, const std::string& code);
  void add_image(FakeImage image);
  void set_parameter(const std::string& name, const std::string& value);  // of SSM
  void set_capacity(std::optional<int> machines);                         // that many more can start
  void forget_faults();                                                   // and any limit to capacity
  void set_options(const std::function<void(FakeEc2Options&)>& change);
  // Machines that run already, as from an earlier launch with these tags.
  void add_running(int count, const std::map<std::string, std::string>& tags);
  void reserve(FakeReserved reserved);
  std::vector<FakeSpotRequest> spot_requests() const;  // sorted by ID
  void set_spot_price(const std::string& type, const std::string& zone, const std::string& price);
  bool change(const std::string& id, const std::function<void(FakeInstance&)>& how);  // false: no such instance
  FakeInstance& instance(const std::string& id);                                      // throws std::out_of_range
  std::vector<FakeInstance> instances() const;                                        // sorted by ID
  std::vector<FakeInstance> live() const;  // neither terminated nor shutting down
  std::vector<std::string> calls() const;  // actions, in order, refused ones too
  int count_calls(const std::string& action) const;
  Parameters last_parameters(const std::string& action) const;

 private:
  using Reply = net::Response;

  Result<Reply> answer(const net::Request& request, const Parameters& parameters, const std::string& action);
  Reply act(const std::string& action, const Parameters& parameters);
  Reply run_instances(const Parameters& parameters);
  Reply describe_instances(const Parameters& parameters);
  Reply change_states(const std::string& action, const Parameters& parameters);
  Reply change_tags(const std::string& action, const Parameters& parameters);
  Reply console_output(const Parameters& parameters);
  Reply describe_types(const Parameters& parameters);
  Reply describe_images(const Parameters& parameters);
  Reply describe_names(const std::string& action, const Parameters& parameters);
  Reply create_launch_template(const Parameters& parameters);
  Reply create_fleet(const Parameters& parameters);
  Reply get_parameter(const net::Request& request) const;
  // The template's own parameters with the call's over them; a refusal where the template is not there.
  Result<Parameters> merged(const Parameters& parameters) const;
  std::string refusal_of(const std::string& type, const std::string& place) const;
  std::string fleet_item(const Parameters& parameters, const std::string& prefix) const;
  // fake_ec2_health.cpp
  Reply describe_volumes(const Parameters& parameters);
  Reply describe_status(const Parameters& parameters);
  Reply describe_spot_requests(const Parameters& parameters);
  Reply describe_spot_prices(const Parameters& parameters);
  Reply modify_attribute(const Parameters& parameters);
  // fake_ec2_requests.cpp
  Reply request_spot_instances(const Parameters& parameters);
  Reply cancel_spot_requests(const Parameters& parameters);
  Reply describe_reserved(const Parameters& parameters) const;
  std::vector<std::string> spot_request_rows(const Parameters& parameters);
  std::string spot_request_xml(const FakeSpotRequest& request) const;
  void age_requests();
  FakeInstance start(const Parameters& parameters, int index, const std::string& reservation);
  std::string reservation_xml(const std::string& reservation) const;
  void age();
  FakeFaults* due_fault(const std::string& action);

  struct Token {
    Parameters parameters;
    std::string reservation;
  };

  mutable std::mutex m_mutex;
  FakeEc2Options m_options;
  std::map<std::string, FakeInstance> m_instances;
  std::map<std::string, Token> m_tokens;
  std::map<std::string, Parameters> m_templates;  // by name, LaunchTemplateData.* without that prefix
  std::map<std::string, std::string> m_refusals;
  std::map<std::string, std::string> m_parameters;
  std::vector<FakeImage> m_images;
  std::map<std::string, std::string> m_fleets;  // token to answer
  std::vector<FakeFaults> m_faults;
  std::optional<int> m_capacity;
  std::map<std::pair<std::string, std::string>, std::string> m_spot_prices;  // by type and zone
  std::map<std::string, FakeSpotRequest> m_spot_requests;
  std::vector<FakeReserved> m_reserved;
  std::vector<std::pair<std::string, Parameters>> m_calls;
  std::uint64_t m_next = 1;
};

// The fake as the transport of an adapter in the same process.
class FakeEc2Transport : public net::Transport {
 public:
  explicit FakeEc2Transport(FakeEc2& fake) : m_fake(fake) {}

  std::vector<Result<net::Response>> perform(std::span<const net::Request> requests) override;

 private:
  FakeEc2& m_fake;
};

}  // namespace tide::test
