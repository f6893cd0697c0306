#include <tide/cloud/ec2/prices.hpp>

#include <tide/cloud/aws/xml.hpp>
#include <tide/cloud/ec2/pages.hpp>
#include <tide/util/text.hpp>
#include <tide/util/units.hpp>

#include <algorithm>
#include <map>

namespace tide::cloud::ec2 {
namespace {

using aws::child_text;

constexpr std::size_t k_types_max = 100;  // names a call
constexpr std::size_t k_decimals = 6;     // of micro-dollars

// "0.0321000" is what EC2 writes; a fraction of a micro-dollar counts as a whole one.
Result<std::int64_t> price_of(std::string text) {
  const std::size_t dot = text.find('.');
  bool rest = false;
  if (dot != std::string::npos && text.size() > dot + 1 + k_decimals) {
    rest = text.find_first_not_of('0', dot + 1 + k_decimals) != std::string::npos;
    text.resize(dot + 1 + k_decimals);
  }
  TIDE_TRY_ASSIGN(const std::int64_t micros, parse_money_micros(text));
  return micros + (rest ? 1 : 0);
}

}  // namespace

Result<PricesPage> parse_spot_price_history(std::string_view xml) {
  pugi::xml_document document;
  TIDE_TRY_ASSIGN(const auto root, aws::parse_xml(document, xml, "DescribeSpotPriceHistoryResponse"));
  if (!aws::child(root, "spotPriceHistorySet"))
    return make_error(ErrorKind::protocol, "the reply has no spotPriceHistorySet");
  PricesPage page;
  TIDE_TRY(aws::for_each_item(root, "spotPriceHistorySet", [&](const pugi::xml_node& item) -> Result<void> {
    PricesPage::Row row;
    row.price.type = child_text(item, "instanceType");
    row.price.zone = child_text(item, "availabilityZone");
    const auto micros = price_of(child_text(item, "spotPrice"));
    const auto at = parse_time(child_text(item, "timestamp"));
    if (row.price.type.empty() || row.price.zone.empty() || !micros || !at) {
      return make_error(ErrorKind::protocol, "a price in the reply lacks its type, zone, time or amount ('{}')",
                        printable(child_text(item, "spotPrice"), 40));
    }
    row.price.micros = *micros;
    row.at = *at;
    page.rows.push_back(std::move(row));
    return {};
  }));
  page.next_token = child_text(root, "nextToken");
  return page;
}

Result<std::vector<core::SpotPrice>> read_spot_prices(aws::QueryApi& api, std::span<const std::string> types,
                                                      TimePoint now) {
  std::map<std::pair<std::string, std::string>, PricesPage::Row> last;
  for (std::size_t begin = 0; begin < types.size(); begin += k_types_max) {
    // From now on: EC2 answers with the price that holds, not with the history of 90 days.
    aws::Call call{.action = "DescribeSpotPriceHistory",
                   .parameters = {{"StartTime", format_time(now)},
                                  {"ProductDescription.1", "Linux/UNIX"},
                                  {"ProductDescription.2", "Linux/UNIX (Amazon VPC)"},
                                  {"MaxResults", "1000"}}};
    int number = 0;
    for (const std::string& type : types.subspan(begin, std::min(k_types_max, types.size() - begin)))
      call.parameters.emplace_back("InstanceType." + std::to_string(++number), type);
    const auto take = [&](const std::string& body, const aws::Answer& answer) -> Result<std::string> {
      TIDE_TRY_ASSIGN(auto page,
                      in_call(parse_spot_price_history(body), api.service().cloud, "DescribeSpotPriceHistory", answer));
      for (PricesPage::Row& row : page.rows) {
        const auto [at, fresh] = last.try_emplace({row.price.type, row.price.zone}, row);
        const bool later = row.at > at->second.at;
        const bool dearer = row.at == at->second.at && row.price.micros > at->second.price.micros;  // two products
        if (!fresh && (later || dearer)) at->second = row;
      }
      return std::move(page.next_token);
    };
    TIDE_TRY(each_page(api, std::move(call), take));
  }
  std::vector<core::SpotPrice> prices;
  for (auto& [key, row] : last) prices.push_back(std::move(row.price));
  return prices;
}

}  // namespace tide::cloud::ec2
