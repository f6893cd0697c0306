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

// A small OpenStack that keeps a world: Keystone at /identity, Nova at /compute, Glance at /image, Neutron at /network,
// Cinder at /volume of one address. It answers in the words of the recordings in tests/fixtures/nova, checks tokens and
// microversions, pages, lets states take their time, has a quota, and fails on order. tests/real/fake_nova checks it
// with openstackclient.
struct FakeNovaOptions {
  std::string base = "http://127.0.0.1:5000";  // what the catalogue's URLs begin with
  std::string user = "scaler";
  std::string password = "scaler-secret";
  std::string project = "hpc";
  std::string credential = "0123456789abcdef0123456789abcdef";  // application credential
  std::string credential_secret = "app-secret";
  std::function<TimePoint()> now;  // required
  Seconds token_life{3600};
  std::string newest = "2.93";  // microversion
  int lists_until_active = 1;   // lists until BUILD becomes ACTIVE
  int lists_until_gone = 1;     // lists until a deleted server is listed no more
  std::size_t page_max = 1000;
  std::size_t network_page_max = SIZE_MAX;  // of Neutron's lists: by default it cuts none
  bool network_ignores_marker = false;      // every page is the first
  std::vector<std::string> networks{"private"};
  bool has_network_service = true;
  bool has_volume_service = false;
  bool unversioned = false;  // the catalogue's compute URL names no version
  int quota_machines = -1;
  int quota_floating = -1;
  int ends_that_leave = 0;  // that many more ends leave their port and their volume
  int cells_down = 0;       // that many machines are in a cell that is silent
};

struct FakeServer {
  std::string id;
  std::string name;
  std::string status = "BUILD";
  std::string task;
  std::string fault;
  std::string flavor;
  std::string zone;
  std::string address;
  std::string floating;
  std::string volume;  // that it booted from
  std::string body;    // of its POST
  bool left = false;   // its port stays when it goes
  std::string port_description;
  int port_revision = 1;
  TimePoint port_changed{};
  bool locked = false;
  int lists = 0;
  TimePoint created{};
  std::map<std::string, std::string> metadata;
};

struct FakeFloatingIp {
  std::string id;
  std::string address;
  std::string network;
  std::string server;  // "": no port
  std::string description;
  int revision = 0;
  TimePoint changed{};
};

struct FakeVolume {
  std::string id;
  std::string server;  // "": none has it
  int size = 1;
  std::map<std::string, std::string> metadata;
};

enum class FakeNovaFault {
  status,      // an error with this status and message, nothing was done
  done_500,    // it was done, and the answer is a 500
  lost,        // the connection breaks, nothing was done
  lost_after,  // it was done, the connection breaks
  late,        // the connection breaks, and it is done after the next list
  cut_after,   // it was done, half of the answer comes
  html,        // 502 with a proxy's page
  gateway,     // a gateway's own answer in JSON with this status, nothing was done
  html_ok,     // 200 with a page that is no answer, nothing was done
};

struct FakeNovaFaults {
  FakeNovaFault fault = FakeNovaFault::status;
  int times = 1;
  std::string call = {};  // "POST /servers", "DELETE /servers/" for any below it; "": any
  int status = 503;
  std::string message = "The server is currently unavailable.";
  int retry_after = 0;
};

class FakeNova {
 public:
  explicit FakeNova(FakeNovaOptions options) : m_options(std::move(options)) {}

  // The answer, or an error of kind retry for a connection that breaks. Safe from several threads.
  Result<net::Response> handle(const net::Request& request);

  void fail(FakeNovaFaults faults);
  void forget_faults();
  void set_capacity(std::optional<int> machines);  // that many more find a host; others end in ERROR
  void set_options(const std::function<void(FakeNovaOptions&)>& change);
  void revoke_tokens();
  void add_running(int count, const std::map<std::string, std::string>& metadata);
  FakeServer& server(const std::string& id);  // throws std::out_of_range
  std::vector<FakeServer> live() const;       // neither deleted nor being deleted, oldest first
  std::vector<std::string> calls() const;     // "POST /servers", in order, refused ones too
  int count_calls(const std::string& call) const;
  std::vector<FakeFloatingIp> floating() const;  // oldest first
  FakeFloatingIp& add_floating(FakeFloatingIp ip);
  std::vector<FakeVolume> volumes() const;
  std::vector<FakeServer> with_port() const;  // those whose port is there, gone ones too
  std::vector<net::Request> requests(const std::string& call) const;

 private:
  using Reply = net::Response;
  struct Asked;

  Result<Reply> answer(const Asked& asked);
  Reply act(const Asked& asked);
  Reply identity(const Asked& asked);
  Reply compute(const Asked& asked);
  Reply servers(const Asked& asked);
  Reply list(const Asked& asked, bool detail);
  Reply create(const Asked& asked);
  Reply one_server(const Asked& asked, const std::string& id);
  Reply metadata(const Asked& asked, FakeServer& server, const std::string& rest);
  Reply other_compute(const Asked& asked);
  Reply image(const Asked& asked);
  Reply network(const Asked& asked);
  Reply networks(const Asked& asked) const;
  Reply ports(const Asked& asked) const;
  Reply one_port(const Asked& asked, const std::string& id);
  bool has_port(const FakeServer& server) const;
  void end(FakeServer& server);
  Reply volume(const Asked& asked);
  Reply one_volume(const Asked& asked, FakeVolume& volume, const std::string& rest);
  Reply floating_ips(const Asked& asked);
  Reply make_floating(const Asked& asked);
  Reply one_floating(const Asked& asked, const std::string& id);
  std::string server_of(const std::string& port) const;
  Reply version_document(const Asked& asked) const;
  void age();
  void land_late();
  FakeNovaFaults* due_fault(const std::string& call);

  mutable std::mutex m_mutex;
  FakeNovaOptions m_options;
  std::map<std::string, FakeServer> m_servers;
  std::vector<std::string> m_order;  // IDs, oldest first
  std::map<std::string, FakeFloatingIp> m_floating;
  std::map<std::string, FakeVolume> m_volumes;
  std::map<std::string, TimePoint> m_tokens;
  std::vector<FakeNovaFaults> m_faults;
  std::vector<net::Request> m_late;
  std::optional<int> m_capacity;
  std::vector<std::pair<std::string, net::Request>> m_calls;
  std::uint64_t m_next = 1;
};

// The fake as the transport of an adapter in the same process.
class FakeNovaTransport : public net::Transport {
 public:
  explicit FakeNovaTransport(FakeNova& fake) : m_fake(fake) {}

  std::vector<Result<net::Response>> perform(std::span<const net::Request> requests) override {
    std::vector<Result<net::Response>> responses;
    for (const net::Request& request : requests) responses.push_back(m_fake.handle(request));
    return responses;
  }

 private:
  FakeNova& m_fake;
};

}  // namespace tide::test
