//! Scales: where a value lies between the ends of an axis, and which values are written there.

/// How values are spread over an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// Evenly, from zero.
    #[default]
    Linear,
    /// By their logarithm. What is not above zero is drawn at the lower end.
    Log,
    /// Quantiles from 0 to 1, with as much room for 90 to 99 % as for 99 to 99.9 %.
    Percentile,
}

/// An axis with its ends, and the values that are written there.
#[derive(Clone, Debug)]
pub(super) struct Range {
    scale: Scale,
    low: f64,
    high: f64,
    pub(super) ticks: Vec<(f64, String)>,
}

/// About how many values are written at an axis.
const TICKS: f64 = 6.0;

/// The finest quantile that is told apart: 99.9999 %.
const NINES_MAX: f64 = 6.0;

impl Range {
    /// An axis that ends at the last value.
    pub(super) fn tight(scale: Scale, values: impl Iterator<Item = f64>) -> Self {
        Self::of(scale, values, false)
    }

    /// An axis that ends at a round number beyond the last value.
    pub(super) fn round(scale: Scale, values: impl Iterator<Item = f64>) -> Self {
        Self::of(scale, values, true)
    }

    fn of(scale: Scale, values: impl Iterator<Item = f64>, rounds: bool) -> Self {
        let finite = values.filter(|value| value.is_finite());
        match scale {
            Scale::Linear => linear(finite, rounds),
            Scale::Log => logarithmic(finite),
            Scale::Percentile => percentile(finite),
        }
    }

    /// Where a value lies: 0 at the lower end, 1 at the upper.
    pub(super) fn place(&self, value: f64) -> f64 {
        let along = |value: f64| match self.scale {
            Scale::Linear => value,
            Scale::Log => value.max(self.low).log10(),
            Scale::Percentile => nines(value),
        };
        let (low, high) = (along(self.low), along(self.high));
        ((along(value) - low) / (high - low)).clamp(0.0, 1.0)
    }
}

fn ends(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |ends, value| {
        let (low, high) = ends.unwrap_or((value, value));
        Some((value.min(low), value.max(high)))
    })
}

fn linear(values: impl Iterator<Item = f64>, rounds: bool) -> Range {
    let (low, high) = ends(values).unwrap_or((0.0, 1.0));
    let low = low.min(0.0);
    let high = if high > low { high } else { low + 1.0 };
    let step = step((high - low) / TICKS);
    let low = (low / step).floor() * step;
    let high = if rounds {
        (high / step).ceil() * step
    } else {
        high
    };
    let mut ticks = Vec::new();
    let mut number = 0.0;
    while low + number * step <= high + step * 1e-6 {
        // Zero times a step, and not what is left of a sum.
        let value = ((low / step).round() + number) * step;
        ticks.push((value, figure(value)));
        number += 1.0;
    }
    Range {
        scale: Scale::Linear,
        low,
        high,
        ticks,
    }
}

/// The least of 1, 2, 5, 10, 20, 50 and so on that is not below `least`.
fn step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let of_power = [1.0, 2.0, 5.0, 10.0].into_iter();
    of_power
        .map(|digit| digit * power)
        .find(|step| *step >= least * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}

fn logarithmic(values: impl Iterator<Item = f64>) -> Range {
    let (low, high) = ends(values.filter(|value| *value > 0.0)).unwrap_or((1.0, 10.0));
    let high = step(high);
    let low = step_down(low).min(high / 10.0);
    let decades = (high / low).log10();
    let digits: &[f64] = if decades > 3.0 {
        &[1.0]
    } else {
        &[1.0, 2.0, 5.0]
    };
    let mut ticks = Vec::new();
    let mut power = 10_f64.powf(low.log10().floor());
    while power <= high * (1.0 + 1e-9) {
        for digit in digits {
            let value = power * digit;
            if value >= low * (1.0 - 1e-9) && value <= high * (1.0 + 1e-9) {
                ticks.push((value, figure(value)));
            }
        }
        power *= 10.0;
    }
    Range {
        scale: Scale::Log,
        low,
        high,
        ticks,
    }
}

/// The greatest of 1, 2, 5, 10 and so on that is not above `most`.
fn step_down(most: f64) -> f64 {
    1.0 / step(1.0 / most)
}

fn percentile(values: impl Iterator<Item = f64>) -> Range {
    let (_, high) = ends(values).unwrap_or((0.0, 0.999));
    let last = nines(high).ceil().clamp(1.0, NINES_MAX);
    let written = [
        (0.0, "0 %"),
        (0.5, "50 %"),
        (0.9, "90 %"),
        (0.99, "99 %"),
        (0.999, "99.9 %"),
        (0.9999, "99.99 %"),
        (0.99999, "99.999 %"),
        (0.999_999, "99.9999 %"),
    ];
    let high = 1.0 - 10_f64.powf(-last);
    let ticks = written
        .into_iter()
        .filter(|(value, _)| nines(*value) <= last + 1e-6)
        .map(|(value, text)| (value, text.to_owned()))
        .collect();
    Range {
        scale: Scale::Percentile,
        low: 0.0,
        high,
        ticks,
    }
}

/// How many nines a quantile has: 1 for 90 %, 2 for 99 %.
fn nines(quantile: f64) -> f64 {
    (-(1.0 - quantile).log10()).clamp(0.0, NINES_MAX)
}

/// A number for people: `12,000`, `0.25`, `1.5 M`.
pub(super) fn figure(value: f64) -> String {
    let size = value.abs();
    if size >= 1e6 {
        return format!("{} M", trimmed(value / 1e6, 2));
    }
    if size >= 1_000.0 {
        let whole = format!("{:.0}", value.abs());
        let mut out = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                out.push(',');
            }
            out.push(digit);
        }
        return if value < 0.0 { format!("-{out}") } else { out };
    }
    let decimals = if size >= 100.0 {
        0
    } else if size >= 10.0 {
        1
    } else if size >= 0.1 {
        2
    } else {
        4
    };
    trimmed(value, decimals)
}

fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if !text.contains('.') {
        return text;
    }
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0" } else { text }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(range: &Range) -> Vec<&str> {
        range.ticks.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn an_even_axis_begins_at_zero_and_ends_at_a_round_number() {
        let range = Range::round(Scale::Linear, [870.0, 4_300.0].into_iter());

        assert_eq!(
            written(&range),
            ["0", "1,000", "2,000", "3,000", "4,000", "5,000"]
        );
        assert!((range.place(2_500.0) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_tight_axis_ends_where_its_values_do() {
        let range = Range::tight(Scale::Linear, [0.0, 57.0].into_iter());

        assert_eq!(written(&range), ["0", "10", "20", "30", "40", "50"]);
        assert!((range.place(57.0) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn each_decade_of_a_logarithmic_axis_is_as_long_as_the_next() {
        let range = Range::round(Scale::Log, [0.3, 70.0].into_iter());

        assert_eq!(
            written(&range),
            ["0.2", "0.5", "1", "2", "5", "10", "20", "50", "100"]
        );
        let decade = |from: f64| range.place(from * 10.0) - range.place(from);
        assert!((decade(1.0) - decade(10.0)).abs() < 1e-9);
        assert!(range.place(0.0).abs() < 1e-9);
    }

    #[test]
    fn each_nine_of_a_percentile_has_as_much_room_as_the_next() {
        let range = Range::tight(Scale::Percentile, [0.0, 0.9987].into_iter());

        assert_eq!(written(&range), ["0 %", "50 %", "90 %", "99 %", "99.9 %"]);
        assert!((range.place(0.99) - 2.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_to_draw_still_has_axes() {
        for scale in [Scale::Linear, Scale::Log, Scale::Percentile] {
            let range = Range::round(scale, std::iter::empty());
            assert!(range.ticks.len() > 1, "{scale:?}");
        }
    }

    #[test]
    fn numbers_are_written_as_people_write_them() {
        for (value, text) in [
            (0.0, "0"),
            (0.25, "0.25"),
            (0.005, "0.005"),
            (12.5, "12.5"),
            (1_234.0, "1,234"),
            (-65_536.0, "-65,536"),
            (1_500_000.0, "1.5 M"),
        ] {
            assert_eq!(figure(value), text);
        }
    }
}
