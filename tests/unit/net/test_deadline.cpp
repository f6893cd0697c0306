#include "tests/support/fake_transport.hpp"
#include "tests/support/hand_clock.hpp"

#include <tide/net/deadline.hpp>

#include <doctest/doctest.h>

using namespace tide;
using namespace std::chrono_literals;
TEST_SUITE_BEGIN("net/deadline");

namespace {

struct Rig {
  test::HandClock clock;
  net::Deadline deadline{clock};
  // A peer that hangs as long as it is let.
  test::FakeTransport inner{[this](const net::Request& request) -> Result<net::Response> {
    clock.at += request.timeout;
    return make_error(ErrorKind::timeout, "no answer");
  }};
  net::DeadlineTransport transport{inner, deadline};
  std::chrono::milliseconds ask() {
    const std::vector<net::Request> requests{{.url = "https://ec2.example/?Signature=secret", .timeout = 30s}};
    const auto before = clock.at;
    last = transport.perform(requests);
    return clock.at - before;
  }
  std::vector<Result<net::Response>> last;
};

}  // namespace

TEST_CASE("deadline: a cloud that hangs takes the pass's time and no more") {
  Rig rig;
  rig.deadline.begin(70s);
  CHECK(rig.ask() == 30s);
  CHECK(rig.ask() == 30s);
  CHECK(rig.ask() == 10s);
  CHECK(rig.ask() == 0s);
  CHECK(rig.inner.performs == 3);
  REQUIRE_FALSE(rig.last.front());
  CHECK(rig.last.front().error().kind == ErrorKind::unsent);
  CHECK(rig.last.front().error().message == "the pass has used up its time: 'https://ec2.example/' was not asked");
}

TEST_CASE("deadline: each pass begins anew, and without one there is none") {
  Rig rig;
  for (int i = 0; i < 10; ++i) CHECK(rig.ask() == 30s);
  rig.deadline.begin(10s);
  CHECK(rig.ask() == 10s);
  CHECK(rig.ask() == 0s);
  rig.deadline.begin(10s);
  CHECK(rig.ask() == 10s);
}

TEST_CASE("deadline: those that wait for their turn wait within it too") {
  Rig rig;
  rig.deadline.begin(70s);
  rig.ask();
  CHECK(rig.inner.requests.front().all_within == 70s);
  CHECK(rig.inner.requests.front().timeout == 30s);
}
