//! Units: the letters behind a number and what they mean.

/// What a quantity measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// Nanoseconds.
    Duration,
    /// Per second.
    Rate,
    /// Bytes.
    Size,
    /// Bytes per second.
    Bandwidth,
    /// `0.0..=1.0`
    Share,
    /// A plain multiple.
    Factor,
    /// A number of things.
    Count,
    /// US dollars.
    Money,
    /// US dollars per hour.
    MoneyPerHour,
    /// US dollars per million tokens.
    MoneyPerTokens,
    /// US dollars per byte.
    MoneyPerByte,
    /// Tokens per second.
    TokenRate,
}

impl Dimension {
    /// With its article, as messages say it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Dimension::Duration => "a duration",
            Dimension::Rate => "a rate",
            Dimension::Size => "a size",
            Dimension::Bandwidth => "a bandwidth",
            Dimension::Share => "a share",
            Dimension::Factor => "a factor",
            Dimension::Count => "a count",
            Dimension::Money => "an amount of money",
            Dimension::MoneyPerHour => "a price per hour",
            Dimension::MoneyPerTokens => "a price per token",
            Dimension::MoneyPerByte => "a price per byte",
            Dimension::TokenRate => "a token rate",
        }
    }

    /// Two ways to write one, for help texts.
    #[must_use]
    pub fn examples(self) -> &'static str {
        match self {
            Dimension::Duration => "`10ms`, `2s`, `5min`",
            Dimension::Rate => "`100rps`, `4krps`, `120/min`",
            Dimension::Size => "`24KiB`, `6GiB`",
            Dimension::Bandwidth => "`1GB/s`, `10Gbps`",
            Dimension::Share => "`98%`, `0.1%`",
            Dimension::Factor => "`2x`, `1.5x`",
            Dimension::Count => "`64`, `200k`",
            Dimension::Money | Dimension::MoneyPerHour => "`$0.096/h`, `$9_000/month`",
            Dimension::MoneyPerTokens => "`$3/Mtok`",
            Dimension::MoneyPerByte => "`$0.09/GB`",
            Dimension::TokenRate => "`70tok/s`",
        }
    }
}

/// Hours of a month, as AWS counts them.
pub const HOURS_PER_MONTH: f64 = 730.0;

/// Units that are written without `$`: letters, dimension, value of one in base units.
const UNITS: &[(&str, Dimension, f64)] = &[
    ("ns", Dimension::Duration, 1.0),
    ("us", Dimension::Duration, 1e3),
    ("µs", Dimension::Duration, 1e3),
    ("ms", Dimension::Duration, 1e6),
    ("s", Dimension::Duration, 1e9),
    ("min", Dimension::Duration, 60e9),
    ("h", Dimension::Duration, 3_600e9),
    ("d", Dimension::Duration, 86_400e9),
    ("rps", Dimension::Rate, 1.0),
    ("krps", Dimension::Rate, 1e3),
    ("Mrps", Dimension::Rate, 1e6),
    ("/s", Dimension::Rate, 1.0),
    ("/min", Dimension::Rate, 1.0 / 60.0),
    ("/h", Dimension::Rate, 1.0 / 3_600.0),
    ("k/s", Dimension::Rate, 1e3),
    ("M/s", Dimension::Rate, 1e6),
    ("k/min", Dimension::Rate, 1e3 / 60.0),
    ("M/min", Dimension::Rate, 1e6 / 60.0),
    ("B", Dimension::Size, 1.0),
    ("KB", Dimension::Size, 1e3),
    ("MB", Dimension::Size, 1e6),
    ("GB", Dimension::Size, 1e9),
    ("TB", Dimension::Size, 1e12),
    ("KiB", Dimension::Size, 1024.0),
    ("MiB", Dimension::Size, 1_048_576.0),
    ("GiB", Dimension::Size, 1_073_741_824.0),
    ("TiB", Dimension::Size, 1_099_511_627_776.0),
    ("kbps", Dimension::Bandwidth, 125.0),
    ("Mbps", Dimension::Bandwidth, 125e3),
    ("Gbps", Dimension::Bandwidth, 125e6),
    ("KB/s", Dimension::Bandwidth, 1e3),
    ("MB/s", Dimension::Bandwidth, 1e6),
    ("GB/s", Dimension::Bandwidth, 1e9),
    ("%", Dimension::Share, 0.01),
    ("x", Dimension::Factor, 1.0),
    ("", Dimension::Count, 1.0),
    ("k", Dimension::Count, 1e3),
    ("M", Dimension::Count, 1e6),
    ("tok/s", Dimension::TokenRate, 1.0),
];

/// Units behind an amount of `$`.
const PRICES: &[(&str, Dimension, f64)] = &[
    ("", Dimension::Money, 1.0),
    ("/h", Dimension::MoneyPerHour, 1.0),
    ("/month", Dimension::MoneyPerHour, 1.0 / HOURS_PER_MONTH),
    ("/Mtok", Dimension::MoneyPerTokens, 1.0),
    ("/GB", Dimension::MoneyPerByte, 1e-9),
];

/// What people write for a unit that exists under another name.
const ALIASES: &[(&str, &str)] = &[
    ("qps", "rps"),
    ("tps", "rps"),
    ("req/s", "rps"),
    ("rpm", "/min"),
    ("sec", "s"),
    ("secs", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("minutes", "min"),
    ("hours", "h"),
    ("millis", "ms"),
    ("msec", "ms"),
    ("mins", "min"),
    ("hr", "h"),
    ("hrs", "h"),
    ("kb", "kbps"),
    ("Kb", "kbps"),
    ("kB", "KB"),
    ("mb", "MB"),
    ("gb", "GB"),
    ("Gb", "Gbps"),
    ("Mb", "Mbps"),
    ("K", "k"),
    ("pct", "%"),
];

/// Dimension and base value of one of a unit.
#[must_use]
pub fn find(unit: &str, money: bool) -> Option<(Dimension, f64)> {
    let table = if money { PRICES } else { UNITS };
    table.iter().find(|(letters, _, _)| *letters == unit).map(|(_, dimension, value)| (*dimension, *value))
}

/// The units of a dimension, smallest first, without the one that is no letters.
pub fn of(dimension: Dimension) -> impl Iterator<Item = &'static str> {
    let all = UNITS.iter().chain(PRICES).filter(move |(letters, of, _)| *of == dimension && !letters.is_empty());
    all.map(|(letters, ..)| *letters)
}

/// The unit that a word is, or is another name for, so that a detached one can be recognized.
#[must_use]
pub fn detached(word: &str) -> Option<&'static str> {
    let known = UNITS.iter().map(|(letters, _, _)| *letters).find(|letters| !letters.is_empty() && *letters == word);
    known.or_else(|| ALIASES.iter().find(|(wrong, _)| *wrong == word).map(|(_, right)| *right))
}

/// The unit that was probably meant by letters that are none.
#[must_use]
pub fn meant(unit: &str) -> Option<&'static str> {
    if let Some((_, right)) = ALIASES.iter().find(|(wrong, _)| *wrong == unit) {
        return Some(right);
    }
    crate::diagnostic::nearest(unit, UNITS.iter().map(|(letters, _, _)| *letters).filter(|l| !l.is_empty()))
}

/// A number of nanoseconds as people write it: `1.5s`, `250ms`.
#[must_use]
pub fn duration(ns: f64) -> String {
    let scales = [(3_600e9, "h"), (60e9, "min"), (1e9, "s"), (1e6, "ms"), (1e3, "us")];
    let (scale, unit) = scales
        .into_iter()
        .find(|(scale, _)| ns.abs() >= *scale && (*scale < 60e9 || ns % scale == 0.0))
        .unwrap_or((1.0, "ns"));
    format!("{}{unit}", trimmed(ns / scale))
}

/// A quantity in base units as people write it: `4krps`, `24KiB`, `98%`.
#[must_use]
pub fn quantity(number: f64, dimension: Dimension) -> String {
    let binary = |number: f64, units: &[&str]| {
        let step = (0..units.len() - 1).take_while(|step| number >= 1024f64.powi(*step as i32 + 1)).count();
        format!("{}{}", trimmed(number / 1024f64.powi(step as i32)), units[step])
    };
    let decimal = |number: f64, units: &[&str]| {
        let step = (0..units.len() - 1).take_while(|step| number >= 1e3f64.powi(*step as i32 + 1)).count();
        format!("{}{}", trimmed(number / 1e3f64.powi(step as i32)), units[step])
    };
    match dimension {
        Dimension::Duration => duration(number),
        Dimension::Rate if number > 0.0 && number < 1.0 => format!("{}/min", trimmed(number * 60.0)),
        Dimension::Rate => decimal(number, &["rps", "krps", "Mrps"]),
        Dimension::Size => binary(number, &["B", "KiB", "MiB", "GiB", "TiB"]),
        Dimension::Bandwidth => decimal(number / 1e3, &["KB/s", "MB/s", "GB/s"]),
        Dimension::Share => format!("{}%", trimmed(number * 100.0)),
        Dimension::Factor => format!("{}x", trimmed(number)),
        Dimension::Count => decimal(number, &["", "k", "M"]),
        Dimension::Money => format!("${}", trimmed(number)),
        Dimension::MoneyPerHour => {
            format!("${}/h, ${}/month", trimmed(number), trimmed((number * HOURS_PER_MONTH).round()))
        }
        Dimension::MoneyPerTokens => format!("${}/Mtok", trimmed(number)),
        Dimension::MoneyPerByte => format!("${}/GB", trimmed(number * 1e9)),
        Dimension::TokenRate => format!("{}tok/s", trimmed(number)),
    }
}

/// A quantity as a command line gives it: `4krps`, `$0.1/h`, `1_000`.
#[must_use]
pub fn read(text: &str) -> Option<(f64, Dimension)> {
    let text = text.trim();
    let (money, rest) = text.strip_prefix('$').map_or((false, text), |rest| (true, rest));
    let split = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(rest.len());
    let (number, unit) = rest.split_at(split);
    let number: f64 = number.replace('_', "").parse().ok()?;
    find(unit, money).map(|(dimension, one)| (number * one, dimension))
}

/// A quantity in base units with so many digits that matter, in the unit that takes fewest, the largest of such.
#[must_use]
pub fn rounded(number: f64, dimension: Dimension, digits: usize) -> String {
    if number == 0.0 {
        return quantity(0.0, dimension);
    }
    let odd = |letters: &str| match dimension {
        Dimension::Rate => letters.contains('/'),
        Dimension::Bandwidth => letters.ends_with("bps"),
        Dimension::MoneyPerHour => letters == "/month",
        _ => letters == "µs",
    };
    let tables = [(UNITS, ""), (PRICES, "$")];
    let all = tables.iter().flat_map(|(table, sign)| table.iter().map(move |unit| (*sign, unit)));
    let own = all.filter(|(_, (letters, of, _))| *of == dimension && !odd(letters));
    let written = own.map(|(sign, (letters, _, one))| (sign, significant(number / one, digits), letters, *one));
    // A count is whole in any unit. The smallest unit is the last resort.
    let fits = |value: &str| if dimension == Dimension::Count { !value.contains('.') } else { !value.starts_with('0') };
    let rank = |(_, value, _, one): &(&str, String, &&str, f64)| {
        (!fits(value), matter(value), if fits(value) { -one } else { *one })
    };
    let best = written.min_by(|a, b| rank(a).partial_cmp(&rank(b)).unwrap_or(std::cmp::Ordering::Equal));
    best.map(|(sign, value, letters, _)| format!("{sign}{value}{letters}")).unwrap_or_default()
}

/// Digits of a number between the first and the last that is not 0.
fn matter(number: &str) -> usize {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').len()
}

/// A number with so many digits that matter, never as a power of ten.
#[must_use]
pub fn significant(value: f64, digits: usize) -> String {
    let rounded: f64 = format!("{value:.*e}", digits.max(1) - 1).parse().unwrap_or(value);
    rounded.to_string()
}

/// A number with at most three digits that matter behind the point.
#[must_use]
pub fn trimmed(value: f64) -> String {
    let text = format!("{value:.3}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_written_as_people_do() {
        let written = [
            (4e3, Dimension::Rate, "4krps"),
            (2.0 / 60.0, Dimension::Rate, "2/min"),
            (24.0 * 1024.0, Dimension::Size, "24KiB"),
            (0.985, Dimension::Share, "98.5%"),
            (200e3, Dimension::Count, "200k"),
            (64.0, Dimension::Count, "64"),
            (1.25e9, Dimension::Bandwidth, "1.25GB/s"),
            (1.5e9, Dimension::Duration, "1.5s"),
        ];
        for (number, dimension, text) in written {
            assert_eq!(quantity(number, dimension), text);
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for text in [
            "4krps", "0.5rps", "24KiB", "98.5%", "200k", "64", "1234", "1.25GB/s", "90s", "3.45krps", "1.5s", "10min",
            "2x", "$0.1/h",
        ] {
            let (number, dimension) = read(text).expect(text);
            assert_eq!(rounded(number, dimension, 6), text);
        }
        assert_eq!(rounded(0.0, Dimension::Duration, 6), "0ns");
        assert_eq!(read("4 krps"), None);
        assert_eq!(read("fifo"), None);
        assert_eq!(rounded(16_666.666_6, Dimension::Rate, 4), "16.67krps");
        assert_eq!(rounded(0.001_234_56, Dimension::Share, 2), "0.12%");
    }

    #[test]
    fn every_dimension_with_letters_has_units() {
        assert_eq!(of(Dimension::Share).collect::<Vec<_>>(), ["%"]);
        assert!(of(Dimension::Duration).count() > 6);
        assert!(of(Dimension::MoneyPerHour).eq(["/h", "/month"]));
    }
}
