#pragma once

#include <tide/core/plan.hpp>
#include <tide/core/snapshot.hpp>

#include <string>

namespace tide::core {

// A saved snapshot holds the settings too: one file decides the same anywhere.
struct SavedSnapshot {
  Settings settings;
  Snapshot snapshot;

  bool operator==(const SavedSnapshot&) const = default;
};

std::string to_json(const SavedSnapshot& saved);  // "schema": "tide.snapshot/1"; sorted, so the same bytes every time
Result<SavedSnapshot> snapshot_from_json(std::string_view text);

// The readings of a snapshot, without its memory: what the store keeps of the last pass.
std::string readings_to_json(const Snapshot& snapshot);
Result<Snapshot> readings_from_json(std::string_view text);

// Rows of the store: each struct of memory.hpp to one JSON object and back (core/fields.hpp names the keys).
std::string to_json(const Intent& row);
std::string to_json(const Machine& row);
std::string to_json(const HoldRow& row);
std::string to_json(const NodeRow& row);
std::string to_json(const Wish& row);
std::string to_json(const BackOff& row);
std::string to_json(const Breaker& row);
std::string to_json(const TypeBook& row);
std::string to_json(const CloudHealth& row);
std::string to_json(const PriceReading& row);
std::string to_json(const ReservationReading& row);
std::string to_json(const BootTimes& row);
std::string to_json(const Spend& row);
std::string to_json(const SpendClock& row);
std::string to_json(const PassClock& row);
std::string to_json(const LastGood& row);
std::string to_json(const Suspicion& row);
std::string to_json(const Sleep& row);
std::string to_json(const Resize& row);
template <typename Row>
Result<Row> row_from_json(std::string_view text);
template <>
Result<Intent> row_from_json<Intent>(std::string_view text);
template <>
Result<Machine> row_from_json<Machine>(std::string_view text);
template <>
Result<HoldRow> row_from_json<HoldRow>(std::string_view text);
template <>
Result<NodeRow> row_from_json<NodeRow>(std::string_view text);
template <>
Result<Wish> row_from_json<Wish>(std::string_view text);
template <>
Result<BackOff> row_from_json<BackOff>(std::string_view text);
template <>
Result<TypeBook> row_from_json<TypeBook>(std::string_view text);
template <>
Result<Breaker> row_from_json<Breaker>(std::string_view text);
template <>
Result<CloudHealth> row_from_json<CloudHealth>(std::string_view text);
template <>
Result<PriceReading> row_from_json<PriceReading>(std::string_view text);
template <>
Result<ReservationReading> row_from_json<ReservationReading>(std::string_view text);
template <>
Result<BootTimes> row_from_json<BootTimes>(std::string_view text);
template <>
Result<Spend> row_from_json<Spend>(std::string_view text);
template <>
Result<SpendClock> row_from_json<SpendClock>(std::string_view text);
template <>
Result<PassClock> row_from_json<PassClock>(std::string_view text);
template <>
Result<LastGood> row_from_json<LastGood>(std::string_view text);
template <>
Result<Suspicion> row_from_json<Suspicion>(std::string_view text);
template <>
Result<Sleep> row_from_json<Sleep>(std::string_view text);
template <>
Result<Resize> row_from_json<Resize>(std::string_view text);

}  // namespace tide::core
