#pragma once

#include <tide/util/clock.hpp>

#include <cstddef>

namespace tide::core {

// Constants of design.md, each with why it is what it is.
constexpr Seconds k_rebuild{3600};       // a lost store: long enough for a person to see it and step in
constexpr Seconds k_suspect{1800};       // a reading that held this long is believed
constexpr Seconds k_fixed_kept{86'400};  // how a pool's machines are divided may have been mended since
constexpr Seconds k_missing_gap{60};     // two listings this far apart: clouds list new machines late by seconds
constexpr Seconds k_pass_deadline{120};  // for all calls of a pass to clouds: cron comes again, a hanging cloud stays
constexpr Seconds k_end_again{60};       // a machine told to end that still runs by then is told again
constexpr Seconds k_end_refused{3600};   // a protected machine is tried again: the protection may be off by then
constexpr Seconds k_health_every{600};   // health checks change seldom, and a pass without changes costs one call
constexpr Seconds k_health_soon{60};     // a node is silent, or a failing check is to be confirmed
constexpr Seconds k_health_max_age{1'200};  // older readings say nothing
constexpr Seconds k_impaired_grace{180};    // a check that failed that long: shorter ones are a reboot
constexpr Seconds k_notices_every{
    45};  // EC2 takes spot machines back two minutes after its notice; cron comes each one
constexpr Seconds k_prices_every{600};
constexpr Seconds k_prices_max_age{1'800};
constexpr Seconds k_reservations_every{3'600};    // bought for years; asking means listing the whole account
constexpr Seconds k_reservations_max_age{7'200};  // others' machines come and go
constexpr Seconds k_failure_grace{60};      // between a boot failure and its end: the console text is fetched meanwhile
constexpr Seconds k_repeat_max{600};        // EC2 keeps tokens an hour past a machine's end: a repeat comes far sooner
constexpr Seconds k_stop_tried{1800};       // a machine that is not stopped by then, counted from its hold, ends
constexpr Seconds k_start_refused{600};     // a stopped machine that its cloud did not start: new ones come meanwhile
constexpr Seconds k_settle{300};            // an unanswered launch that no listing shows by now did not happen
constexpr Seconds k_name_rest{86'400};      // a name is not used again for a day: DNS caches, known_hosts, accounting
constexpr Seconds k_clock_slack{300};       // between a cloud's clock and a node's: EC2 refuses more than that itself
constexpr int k_breaker_max = 3;            // boot failures in a row
constexpr std::size_t k_suspect_nodes = 2;  // more missing nodes than this, and than k_suspect_percent
constexpr std::size_t k_suspect_percent = 20;
constexpr int k_down_together = 3;  // that many silent at once are the head's or the network's trouble
constexpr int k_down_percent = 10;
constexpr Seconds k_capacity_first{180};  // clouds' makers say minutes: what is full now may have room in three
constexpr Seconds k_capacity_max{600};
constexpr Seconds k_not_offered{86'400};    // a type comes to a zone once in months
constexpr Seconds k_quota{3600};            // a person must ask for more; an answer takes hours
constexpr Seconds k_type_known{2'592'000};  // what a type offers never changes; a month, lest a mistake stay
constexpr Seconds k_type_unknown{86'400};   // a type that the cloud does not know yet
constexpr Seconds k_back_off_first{60};
constexpr Seconds k_back_off_max{1800};

}  // namespace tide::core
