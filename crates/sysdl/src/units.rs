//! Units: what may stand behind a number, and what it is worth in base units.
//!
//! Base units are nanoseconds, requests (or tokens, or events) per second, bytes, bytes per second,
//! shares of one, plain counts, and US dollars. One table, one function each way.

use std::fmt;

/// What a quantity measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// Nanoseconds.
    Duration,
    /// Events per second.
    Rate,
    /// Bytes.
    Size,
    /// Bytes per second.
    Bandwidth,
    /// A part of one, `0.0..=1.0` where it is a probability.
    Share,
    /// A plain number.
    Count,
    /// A multiple, written `2x`.
    Factor,
    /// US dollars.
    Money,
    /// US dollars per hour. `$/month` is converted at 730 hours.
    MoneyPerTime,
    /// US dollars per unit of use: per token, byte or request.
    MoneyPerUse,
}

/// Hours in a month, the convention of cloud price lists.
pub const HOURS_PER_MONTH: f64 = 730.0;

impl Dimension {
    /// The noun with its article, as messages say it: `a duration`.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Dimension::Duration => "a duration",
            Dimension::Rate => "a rate",
            Dimension::Size => "a size",
            Dimension::Bandwidth => "a bandwidth",
            Dimension::Share => "a share",
            Dimension::Count => "a plain number",
            Dimension::Factor => "a factor",
            Dimension::Money => "an amount of money",
            Dimension::MoneyPerTime => "a price per time",
            Dimension::MoneyPerUse => "a price per use",
        }
    }

    /// What a value of it looks like, for help lines.
    #[must_use]
    pub fn examples(self) -> &'static str {
        match self {
            Dimension::Duration => "`200us`, `10s`, `10min`",
            Dimension::Rate => "`500rps`, `4krps`, `120/min`",
            Dimension::Size => "`24KiB`, `6GiB`",
            Dimension::Bandwidth => "`10Gbps` (bits), `1.25GB/s` (bytes)",
            Dimension::Share => "`98%`",
            Dimension::Count => "`64`, `200k`",
            Dimension::Factor => "`2x`",
            Dimension::Money => "`$0.40`",
            Dimension::MoneyPerTime => "`$0.096/h`, `$9_000/month`",
            Dimension::MoneyPerUse => "`$3/Mtok`, `$0.09/GB`",
        }
    }

    /// The units it accepts, for help lines.
    #[must_use]
    pub fn units(self) -> &'static str {
        match self {
            Dimension::Duration => "durations accept ns us ms s min h d; `m` alone is ambiguous",
            Dimension::Rate => "rates accept rps krps Mrps and counts per time such as `120/min`",
            Dimension::Size => "sizes accept B KB MB GB TB KiB MiB GiB TiB",
            Dimension::Bandwidth => "bandwidths accept bps kbps Mbps Gbps (bits) and B/s KB/s MB/s GB/s (bytes)",
            Dimension::Share => "shares are written in percent",
            Dimension::Count => "counts are plain numbers, with k, M, G if large",
            Dimension::Factor => "factors end in x",
            Dimension::Money => "money starts with $",
            Dimension::MoneyPerTime => "prices per time are $…/h, $…/day or $…/month",
            Dimension::MoneyPerUse => "prices per use are $…/Mtok, $…/GB or $…/Mreq",
        }
    }
}

/// A number with what it measures, in base units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    /// The value in the base unit of the dimension.
    pub value: f64,
    /// What it measures.
    pub dimension: Dimension,
}

impl Quantity {
    /// A quantity in base units.
    #[must_use]
    pub fn new(value: f64, dimension: Dimension) -> Self {
        Quantity { value, dimension }
    }
}

/// Why a number's unit means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitError {
    /// No such unit; perhaps this one was meant.
    Unknown(Option<&'static str>),
    /// `m` could be minutes or milli.
    Ambiguous,
    /// `Mb`, `Gb`: neither bandwidth nor size.
    BitsOrBytes,
    /// `60/total`: division without spaces.
    Division,
    /// A word of another dialect; this is what we say.
    Say(&'static str),
}

use Dimension as D;

const NANO: f64 = 1.0;
const MICRO: f64 = 1e3;
const MILLI: f64 = 1e6;
const SECOND: f64 = 1e9;

/// Every unit that may follow a number directly.
const UNITS: &[(&str, D, f64)] = &[
    ("ns", D::Duration, NANO),
    ("us", D::Duration, MICRO),
    ("µs", D::Duration, MICRO),
    ("ms", D::Duration, MILLI),
    ("s", D::Duration, SECOND),
    ("min", D::Duration, 60.0 * SECOND),
    ("h", D::Duration, 3600.0 * SECOND),
    ("d", D::Duration, 86_400.0 * SECOND),
    ("rps", D::Rate, 1.0),
    ("krps", D::Rate, 1e3),
    ("Mrps", D::Rate, 1e6),
    ("tok/s", D::Rate, 1.0),
    ("B", D::Size, 1.0),
    ("KB", D::Size, 1e3),
    ("MB", D::Size, 1e6),
    ("GB", D::Size, 1e9),
    ("TB", D::Size, 1e12),
    ("KiB", D::Size, 1024.0),
    ("MiB", D::Size, 1_048_576.0),
    ("GiB", D::Size, 1_073_741_824.0),
    ("TiB", D::Size, 1_099_511_627_776.0),
    ("bps", D::Bandwidth, 0.125),
    ("kbps", D::Bandwidth, 125.0),
    ("Mbps", D::Bandwidth, 125e3),
    ("Gbps", D::Bandwidth, 125e6),
    ("B/s", D::Bandwidth, 1.0),
    ("KB/s", D::Bandwidth, 1e3),
    ("MB/s", D::Bandwidth, 1e6),
    ("GB/s", D::Bandwidth, 1e9),
    ("KiB/s", D::Bandwidth, 1024.0),
    ("MiB/s", D::Bandwidth, 1_048_576.0),
    ("GiB/s", D::Bandwidth, 1_073_741_824.0),
    ("%", D::Share, 0.01),
    ("x", D::Factor, 1.0),
    ("k", D::Count, 1e3),
    ("M", D::Count, 1e6),
    ("G", D::Count, 1e9),
    ("tok", D::Count, 1.0),
    ("ktok", D::Count, 1e3),
    ("Mtok", D::Count, 1e6),
];

/// Words of other dialects, and ours.
const DIALECT: &[(&str, &str)] = &[
    ("qps", "rps"),
    ("tps", "rps"),
    ("kqps", "krps"),
    ("ktps", "krps"),
    ("req/s", "rps"),
    ("K", "k"),
    ("sec", "s"),
    ("secs", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("minute", "min"),
    ("minutes", "min"),
    ("mins", "min"),
    ("hour", "h"),
    ("hours", "h"),
    ("hr", "h"),
    ("day", "d"),
    ("days", "d"),
    ("kB", "KB"),
    ("pct", "%"),
    ("percent", "%"),
];

/// Seconds in the time a rate may be given per.
fn seconds_per(time: &str) -> Option<f64> {
    Some(match time {
        "ms" => 1e-3,
        "s" => 1.0,
        "min" => 60.0,
        "h" => 3600.0,
        "d" | "day" => 86_400.0,
        _ => return None,
    })
}

/// The value of a number with a unit; the empty unit is a plain number.
///
/// # Errors
/// When the unit means nothing, with what may have been meant.
pub fn quantity(number: f64, unit: &str) -> Result<Quantity, UnitError> {
    if unit.is_empty() {
        return Ok(Quantity::new(number, D::Count));
    }
    if let Some(&(_, dimension, scale)) = UNITS.iter().find(|(name, ..)| *name == unit) {
        return Ok(Quantity::new(scaled(number, scale), dimension));
    }
    if let Some((count, time)) = unit.split_once('/') {
        return count_per_time(number, unit, count, time);
    }
    Err(unknown(unit))
}

/// `number * scale`, exact for scales below one: `98 * 0.01` is `0.98`, as `98 / 100` is.
fn scaled(number: f64, scale: f64) -> f64 {
    if scale == 0.01 { number / 100.0 } else { number * scale }
}

fn count_per_time(number: f64, unit: &str, count: &str, time: &str) -> Result<Quantity, UnitError> {
    let Some(seconds) = seconds_per(time) else {
        return Err(if count.is_empty() { UnitError::Division } else { unknown(unit) });
    };
    let scale = match count {
        "" | "tok" | "req" => 1.0,
        "k" | "ktok" => 1e3,
        "M" | "Mtok" => 1e6,
        "G" => 1e9,
        _ => return Err(unknown(unit)),
    };
    Ok(Quantity::new(number * scale / seconds, D::Rate))
}

/// The value of an amount of money; the unit is what follows the number, `/h` for instance.
///
/// # Errors
/// When the unit is not one of time or use.
pub fn money(number: f64, unit: &str) -> Result<Quantity, UnitError> {
    let (per, dimension) = match unit {
        "" => (1.0, D::Money),
        "k" => (1e-3, D::Money),
        "M" => (1e-6, D::Money),
        "/h" => (1.0, D::MoneyPerTime),
        "/d" | "/day" => (24.0, D::MoneyPerTime),
        "/month" => (HOURS_PER_MONTH, D::MoneyPerTime),
        "/year" => (12.0 * HOURS_PER_MONTH, D::MoneyPerTime),
        "/tok" | "/req" | "/B" => (1.0, D::MoneyPerUse),
        "/ktok" | "/kreq" => (1e3, D::MoneyPerUse),
        "/Mtok" | "/Mreq" | "/MB" => (1e6, D::MoneyPerUse),
        "/GB" => (1e9, D::MoneyPerUse),
        "/TB" => (1e12, D::MoneyPerUse),
        _ => {
            let known = ["/h", "/day", "/month", "/year", "/Mtok", "/Mreq", "/GB"];
            return Err(UnitError::Unknown(nearest(unit, known.into_iter())));
        }
    };
    Ok(Quantity::new(number / per, dimension))
}

fn unknown(unit: &str) -> UnitError {
    match unit {
        "m" => return UnitError::Ambiguous,
        "b" | "kb" | "Kb" | "Mb" | "Gb" | "Tb" | "mb" | "gb" | "tb" => return UnitError::BitsOrBytes,
        _ => {}
    }
    if let Some((_, ours)) = DIALECT.iter().find(|(theirs, _)| *theirs == unit) {
        return UnitError::Say(ours);
    }
    if let Some(rest) = unit.strip_prefix('/')
        && seconds_per(rest).is_none()
    {
        return UnitError::Division;
    }
    UnitError::Unknown(nearest(unit, UNITS.iter().map(|(name, ..)| *name)))
}

/// The candidate closest to a word, if close enough to be what was meant: the same letters in
/// another case, or at most a third of them (at least one) different.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let folded = word.to_lowercase();
    if let Some(same) = candidates.clone().find(|c| c.to_lowercase() == folded) {
        return Some(same);
    }
    let most = (word.chars().count() / 3).max(1);
    candidates
        .map(|c| (edit_distance(&folded, &c.to_lowercase()), c))
        .filter(|(distance, c)| *distance <= most && *distance < c.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, c)| c)
}

/// Insertions, deletions, substitutions and swaps of neighbors between two words.
fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len() > 64 || b.len() > 64 {
        return usize::MAX;
    }
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(row[j - 1] + 1).min(rows[i - 1][j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

impl fmt::Display for Quantity {
    /// As a user would write it: the largest unit that keeps the number at one or above.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let v = self.value;
        let (value, unit) = match self.dimension {
            D::Duration => largest(v, &[("d", 86_400e9), ("h", 3600e9), ("min", 60e9), ("s", 1e9), ("ms", 1e6), ("us", 1e3), ("ns", 1.0)]),
            D::Rate => largest(v, &[("Mrps", 1e6), ("krps", 1e3), ("rps", 1.0)]),
            D::Size => largest(v, &[("GB", 1e9), ("MB", 1e6), ("KB", 1e3), ("B", 1.0)]),
            D::Bandwidth => largest(v, &[("GB/s", 1e9), ("MB/s", 1e6), ("KB/s", 1e3), ("B/s", 1.0)]),
            D::Share => (v * 100.0, "%"),
            D::Count => largest(v, &[("M", 1e6), ("k", 1e3), ("", 1.0)]),
            D::Factor => (v, "x"),
            D::Money => return write!(f, "${}", rounded(v)),
            D::MoneyPerTime => return write!(f, "${}/h", rounded(v)),
            D::MoneyPerUse => return write!(f, "${}/M", rounded(v * 1e6)),
        };
        write!(f, "{}{unit}", rounded(value))
    }
}

/// The value in the largest unit in which it is at least one. Durations prefer a round smaller unit
/// (`90s`, not `1.5min`).
fn largest(value: f64, units: &[(&'static str, f64)]) -> (f64, &'static str) {
    let magnitude = value.abs();
    let fits = |scale: f64| magnitude >= scale;
    let round = |scale: f64| {
        let scaled = magnitude / scale;
        (scaled - scaled.round()).abs() < 1e-9
    };
    let best = units.iter().find(|(_, scale)| fits(*scale) && (round(*scale) || *scale <= 1e9));
    let (unit, scale) = best.or(units.last()).copied().unwrap_or(("", 1.0));
    (value / scale, unit)
}

/// Up to four significant digits, without trailing zeros.
#[must_use]
pub fn rounded(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let digits = (3 - value.abs().log10().floor() as i32).clamp(0, 9) as usize;
    let text = format!("{value:.digits$}");
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(number: f64, unit: &str) -> Option<(f64, Dimension)> {
        quantity(number, unit).ok().map(|q| (q.value, q.dimension))
    }

    #[test]
    fn base_units() {
        assert_eq!(value(5.0, "ms"), Some((5e6, D::Duration)));
        assert_eq!(value(120.0, "/min"), Some((2.0, D::Rate)));
        assert_eq!(value(50.0, "k/s"), Some((50_000.0, D::Rate)));
        assert_eq!(value(98.0, "%"), Some((0.98, D::Share)));
        assert_eq!(value(1.0, "Gbps"), Some((125e6, D::Bandwidth)));
        assert_eq!(money(9000.0, "/month").map(|q| q.value), Ok(9000.0 / 730.0));
    }

    #[test]
    fn wrong_units() {
        assert_eq!(quantity(1.0, "m"), Err(UnitError::Ambiguous));
        assert_eq!(quantity(4.0, "krp"), Err(UnitError::Unknown(Some("krps"))));
        assert_eq!(quantity(10.0, "Gb"), Err(UnitError::BitsOrBytes));
        assert_eq!(quantity(60.0, "/total"), Err(UnitError::Division));
        assert_eq!(quantity(1.0, "qps"), Err(UnitError::Say("rps")));
    }

    #[test]
    fn shown_as_written() {
        let show = |value, dimension| Quantity::new(value, dimension).to_string();
        assert_eq!(show(90e9, D::Duration), "90s");
        assert_eq!(show(800e6, D::Duration), "800ms");
        assert_eq!(show(1.35e9, D::Duration), "1.35s");
        assert_eq!(show(4000.0, D::Rate), "4krps");
        assert_eq!(show(0.05, D::Share), "5%");
        assert_eq!(show(200.0, D::Count), "200");
        assert_eq!(show(600e9, D::Duration), "10min");
    }
}
