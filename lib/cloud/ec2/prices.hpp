#pragma once

#include <tide/cloud/aws/query_api.hpp>
#include <tide/core/health.hpp>

#include <span>

namespace tide::cloud::ec2 {

struct PricesPage {
  struct Row {
    core::SpotPrice price;
    TimePoint at{};  // since when it holds

    bool operator==(const Row&) const = default;
  };
  std::vector<Row> rows;
  std::string next_token;

  bool operator==(const PricesPage&) const = default;
};

// DescribeSpotPriceHistory. More than six decimals are rounded up.
Result<PricesPage> parse_spot_price_history(std::string_view xml);

// What Linux machines of these types cost now: the last price of each type and zone. Sorted.
Result<std::vector<core::SpotPrice>> read_spot_prices(aws::QueryApi& api, std::span<const std::string> types,
                                                      TimePoint now);

}  // namespace tide::cloud::ec2
