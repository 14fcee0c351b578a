// SPDX-License-Identifier: GPL-2.0-only
#include "analysis/cost_curve.h"

#include <algorithm>
#include <cmath>

namespace dmabench {
namespace {

double on_line(double x, double x0, double y0, double x1, double y1) {
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0);
}

}  // namespace

Estimate& Estimate::operator+=(const Estimate& other) {
    ns += other.ns;
    low += other.low;
    high += other.high;
    interpolated = interpolated || other.interpolated;
    for (const std::size_t row : other.rows) {
        if (std::find(rows.begin(), rows.end(), row) == rows.end())
            rows.push_back(row);
    }
    return *this;
}

Estimate Estimate::operator*(double times) const {
    Estimate scaled = *this;
    scaled.ns *= times;
    scaled.low *= times;
    scaled.high *= times;
    return scaled;
}

void CostCurve::add(std::uint64_t bytes, double ns, double low, double high, std::size_t row) {
    const auto place = std::lower_bound(places_.begin(), places_.end(), bytes,
                                        [](const Place& p, std::uint64_t b) { return p.bytes < b; });
    if (place == places_.end() || place->bytes != bytes)
        places_.insert(place, {bytes, ns, low, high, row});
}

double CostCurve::bend(std::size_t place) const {
    if (place == 0 || place + 1 >= places_.size())
        return 0;
    const Place& before = places_[place - 1];
    const Place& here = places_[place];
    const Place& after = places_[place + 1];
    if (here.ns <= 0)
        return 0;
    const double line = on_line(static_cast<double>(here.bytes), static_cast<double>(before.bytes), before.ns,
                                static_cast<double>(after.bytes), after.ns);
    return std::abs(line - here.ns) / here.ns;
}

std::optional<Estimate> CostCurve::at(std::uint64_t bytes) const {
    const auto after = std::lower_bound(places_.begin(), places_.end(), bytes,
                                        [](const Place& p, std::uint64_t b) { return p.bytes < b; });
    if (after == places_.end())
        return std::nullopt;
    if (after->bytes == bytes)
        return Estimate{after->ns, after->low, after->high, false, {after->row}};
    if (after == places_.begin())
        return std::nullopt;
    const auto before = after - 1;
    const auto between = [&](double y0, double y1) {
        return on_line(static_cast<double>(bytes), static_cast<double>(before->bytes), y0,
                       static_cast<double>(after->bytes), y1);
    };
    const auto index = static_cast<std::size_t>(after - places_.begin());
    const double doubt = std::max(bend(index - 1), bend(index));
    Estimate found;
    found.ns = between(before->ns, after->ns);
    found.low = between(before->low, after->low) - doubt * found.ns;
    found.high = between(before->high, after->high) + doubt * found.ns;
    // What grows from the one place to the other does not leave the room between them.
    found.low = std::max(found.low, std::min(before->low, after->low));
    found.high = std::min(found.high, std::max(before->high, after->high));
    found.interpolated = true;
    found.rows = {before->row, after->row};
    return found;
}

std::vector<std::uint64_t> CostCurve::measured() const {
    std::vector<std::uint64_t> bytes;
    for (const Place& place : places_)
        bytes.push_back(place.bytes);
    return bytes;
}

}  // namespace dmabench
