//! Numbers, money and moments, as people read them in each language.

use boxoffice::money::{Currency, Money};
use boxoffice::time::Timestamp;
use jiff::civil::{DateTime, Weekday};

use crate::lang::Lang;
use crate::zone::Zone;

/// A whole number with its thousands set apart.
pub(crate) fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut told = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            told.push(',');
        }
        told.push(digit);
    }
    told
}

/// An amount with its currency: `₩150,000`, `150,000원`, `$12.50`, `CHF 12.50`.
pub(crate) fn money(amount: Money, currency: Currency, lang: Lang) -> String {
    let code = currency.as_str();
    let decimals = decimals(currency);
    let (major, rest) = split(amount, decimals);
    let mut told = number(major);
    if decimals > 0 {
        told = format!("{told}.{rest:0decimals$}");
    }
    let sign = if amount.0 < 0 { "-" } else { "" };
    match (code, lang) {
        ("KRW", Lang::Ko) => format!("{sign}{told}원"),
        ("KRW", _) => format!("{sign}₩{told}"),
        ("USD", _) => format!("{sign}${told}"),
        ("EUR", _) => format!("{sign}€{told}"),
        ("GBP", _) => format!("{sign}£{told}"),
        ("JPY", _) => format!("{sign}¥{told}"),
        _ => format!("{code} {sign}{told}"),
    }
}

/// Digits behind the point that amounts of a currency have (ISO 4217, list one).
fn decimals(currency: Currency) -> usize {
    match currency.as_str() {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX"
        | "UYI" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        "CLF" | "UYW" => 4,
        _ => 2,
    }
}

/// What stands before and behind the point.
fn split(amount: Money, decimals: usize) -> (u64, u64) {
    let minor = [1, 10, 100, 1_000, 10_000][decimals];
    let units = amount.0.unsigned_abs();
    (units / minor, units % minor)
}

/// An amount as it is typed into a form and read by a spreadsheet: digits and a point.
pub(crate) fn plain_amount(amount: Money, currency: Currency) -> String {
    let decimals = decimals(currency);
    let (major, rest) = split(amount, decimals);
    if decimals == 0 {
        return major.to_string();
    }
    format!("{major}.{rest:0decimals$}")
}

/// Reads an amount that was typed into a form, in minor units; commas set thousands apart.
pub(crate) fn amount(text: &str, currency: Currency) -> Option<i64> {
    let text = text.replace(',', "");
    let (major, rest) = text.split_once('.').unwrap_or((&text, ""));
    let decimals = decimals(currency);
    let is_number = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit());
    if major.is_empty() || rest.len() > decimals || !is_number(major) || !is_number(rest) {
        return None;
    }
    format!("{major}{rest:0<decimals$}").parse().ok()
}

/// A price, or that there is none.
pub(crate) fn price(amount: Money, currency: Currency, lang: Lang) -> String {
    if amount == Money::ZERO {
        return super::texts::texts(lang).event.free.to_owned();
    }
    money(amount, currency, lang)
}

/// A day and a time: `Tue 31 Dec 2030, 19:00`, `2030년 12월 31일 (화) 19:00`.
pub(crate) fn moment(at: Timestamp, zone: &Zone, lang: Lang) -> String {
    let local = zone.civil(at);
    let (year, day, weekday) = (local.year(), local.day(), weekday(local, lang));
    let month = month(local, lang);
    let time = clock(at, zone);
    match lang {
        Lang::Ko => format!("{year}년 {month} {day}일 ({weekday}) {time}"),
        Lang::En | Lang::Both => format!("{weekday} {day} {month} {year}, {time}"),
    }
}

/// A time of day: `19:00`, with seconds where they are not zero.
pub(crate) fn clock(at: Timestamp, zone: &Zone) -> String {
    let local = zone.civil(at);
    match local.second() {
        0 => format!("{:02}:{:02}", local.hour(), local.minute()),
        second => format!("{:02}:{:02}:{second:02}", local.hour(), local.minute()),
    }
}

/// The leaf of a calendar.
pub(crate) struct Leaf {
    pub(crate) month: &'static str,
    pub(crate) day: i8,
    pub(crate) weekday: &'static str,
}

/// The leaf that a moment is on.
pub(crate) fn leaf(at: Timestamp, zone: &Zone, lang: Lang) -> Leaf {
    let local = zone.civil(at);
    Leaf {
        month: month(local, lang),
        day: local.day(),
        weekday: weekday(local, lang),
    }
}

fn month(local: DateTime, lang: Lang) -> &'static str {
    const EN: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    const KO: [&str; 12] = [
        "1월", "2월", "3월", "4월", "5월", "6월", "7월", "8월", "9월", "10월", "11월", "12월",
    ];
    let names = if lang == Lang::Ko { KO } else { EN };
    let index = usize::try_from(local.month() - 1).unwrap_or(0);
    names[index]
}

fn weekday(local: DateTime, lang: Lang) -> &'static str {
    let [en, ko] = match local.weekday() {
        Weekday::Monday => ["Mon", "월"],
        Weekday::Tuesday => ["Tue", "화"],
        Weekday::Wednesday => ["Wed", "수"],
        Weekday::Thursday => ["Thu", "목"],
        Weekday::Friday => ["Fri", "금"],
        Weekday::Saturday => ["Sat", "토"],
        Weekday::Sunday => ["Sun", "일"],
    };
    if lang == Lang::Ko { ko } else { en }
}

/// How long it still takes: `12:05`, `3:12:45`, with days before it where there are any.
pub(crate) fn remaining(from: Timestamp, until: Timestamp, lang: Lang) -> String {
    let secs = (until.as_micros() - from.as_micros()).max(0) / 1_000_000;
    let (days, hours, minutes, secs) =
        (secs / 86_400, secs / 3_600 % 24, secs / 60 % 60, secs % 60);
    let day = if lang == Lang::Ko { "일" } else { "d" };
    match (days, hours) {
        (0, 0) => format!("{minutes:02}:{secs:02}"),
        (0, _) => format!("{hours:02}:{minutes:02}:{secs:02}"),
        _ => format!("{days}{day} {hours:02}:{minutes:02}:{secs:02}"),
    }
}

/// A moment in milliseconds, as scripts count it.
pub(crate) fn millis(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seoul() -> Zone {
        Zone::named("Asia/Seoul").expect("a zone")
    }

    fn at(text: &str) -> Timestamp {
        seoul().read(text).expect("a moment")
    }

    #[test]
    fn thousands_are_set_apart() {
        for (count, told) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(number(count), told);
        }
    }

    #[test]
    fn money_is_told_as_its_currency_and_language_do() {
        let told = |amount, code: &str, lang| {
            money(Money(amount), code.parse().expect("a currency"), lang)
        };
        assert_eq!(told(150_000, "KRW", Lang::Ko), "150,000원");
        assert_eq!(told(150_000, "KRW", Lang::En), "₩150,000");
        assert_eq!(told(123_405, "USD", Lang::En), "$1,234.05");
        assert_eq!(told(7, "EUR", Lang::Ko), "€0.07");
        assert_eq!(told(1_234_005, "KWD", Lang::En), "KWD 1,234.005");
        assert_eq!(price(Money::ZERO, Currency::KRW, Lang::Ko), "무료");
    }

    #[test]
    fn an_amount_has_the_decimals_of_its_currency() {
        let zero = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
        let three = "BHD IQD JOD KWD LYD OMR TND";
        for (codes, told) in [
            (zero, "12345"),
            ("USD EUR MGA MRU HUF TWD", "123.45"),
            (three, "12.345"),
            ("CLF UYW", "1.2345"),
        ] {
            for code in codes.split(' ') {
                let currency = code.parse().expect("a currency");
                assert_eq!(plain_amount(Money(12_345), currency), told, "{code}");
            }
        }
    }

    #[test]
    fn an_amount_is_read_as_it_is_typed() {
        let read = |text, code: &str| amount(text, code.parse().expect("a currency"));
        assert_eq!(read("150,000", "KRW"), Some(150_000));
        assert_eq!(read("12.5", "USD"), Some(1_250));
        assert_eq!(read("12", "KWD"), Some(12_000));
        for wrong in ["", ".5", "1.5", "-1", "many", "1e3"] {
            assert_eq!(read(wrong, "KRW"), None, "{wrong}");
        }
        for (units, code) in [(150_000, "KRW"), (1_205, "USD"), (7, "KWD")] {
            let currency = code.parse().expect("a currency");
            assert_eq!(
                amount(&plain_amount(Money(units), currency), currency),
                Some(units)
            );
        }
    }

    #[test]
    fn a_moment_is_told_with_its_weekday() {
        let new_year = at("2030-12-31T19:00:00");
        assert_eq!(
            moment(new_year, &seoul(), Lang::En),
            "Tue 31 Dec 2030, 19:00"
        );
        assert_eq!(
            moment(new_year, &seoul(), Lang::Ko),
            "2030년 12월 31일 (화) 19:00"
        );
        assert_eq!(clock(at("2030-12-31T09:05:07"), &seoul()), "09:05:07");
    }

    #[test]
    fn what_remains_is_told_like_a_clock_and_is_never_less_than_nothing() {
        let now = at("2030-12-31T19:00:00");
        for (until, told) in [
            ("2030-12-31T19:10:05", "10:05"),
            ("2030-12-31T22:12:45", "03:12:45"),
            ("2031-01-02T19:00:01", "2d 00:00:01"),
            ("2030-12-31T18:00:00", "00:00"),
        ] {
            assert_eq!(remaining(now, at(until), Lang::En), told);
        }
    }
}
