//! Which part of a list is asked for, and in which order.

use boxoffice::page::{Direction, PAGE_SIZE_MAX, PageRequest};

use super::fault::{Fault, Faults};
use super::query::{Query, number};

/// Items on a page where the request does not say.
pub(crate) const PAGE_SIZE_DEFAULT: u32 = 20;

/// The last page that can be asked for. No list is longer than this many items.
pub(crate) const PAGE_NUMBER_MAX: u32 = 100_000_000;

/// The part of a list that is asked for.
pub(crate) fn page(query: &Query<'_>, faults: &Faults) -> PageRequest {
    let page = query.optional("page", faults, number(0, PAGE_NUMBER_MAX.into()));
    let size = query.optional("size", faults, number(1, PAGE_SIZE_MAX.into()));
    let small = |number: i64| u32::try_from(number).ok();
    PageRequest {
        page: page.and_then(small).unwrap_or(0),
        size: size.and_then(small).unwrap_or(PAGE_SIZE_DEFAULT),
    }
}

/// The order that is asked for: `field`, `field,asc` or `field,desc` over a fixed set of fields.
pub(crate) fn sort<T: Copy>(
    query: &Query<'_>,
    faults: &Faults,
    choices: &'static [&'static str],
    fields: &'static [(&'static str, T)],
) -> Option<(T, Direction)> {
    query.optional("sort", faults, |text| {
        let (field, direction) = text.split_once(',').unwrap_or((text, "asc"));
        let field = fields.iter().find(|(name, _)| *name == field.trim());
        let direction = match direction.trim() {
            asc if asc.eq_ignore_ascii_case("asc") => Some(Direction::Ascending),
            desc if desc.eq_ignore_ascii_case("desc") => Some(Direction::Descending),
            _ => None,
        };
        field
            .map(|(_, field)| *field)
            .zip(direction)
            .ok_or(Fault::OneOf(choices))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHOICES: &[&str] = &["name,asc", "name,desc"];

    type Order = Option<((), Direction)>;

    fn read(raw: &str) -> Result<(PageRequest, Order), Vec<String>> {
        let (query, faults) = (Query::read(Some(raw)), Faults::default());
        let read = (
            page(&query, &faults),
            sort(&query, &faults, CHOICES, &[("name", ())]),
        );
        faults
            .unless_any(Some(read))
            .map_err(|error| error.fields())
    }

    #[test]
    fn a_list_begins_with_twenty_items() {
        assert_eq!(read(""), Ok((PageRequest { page: 0, size: 20 }, None)));
    }

    #[test]
    fn page_size_and_order_are_read() {
        let page = PageRequest { page: 3, size: 100 };
        let read = read("page=3&size=100&sort=name,DESC");
        assert_eq!(read, Ok((page, Some(((), Direction::Descending)))));
    }

    #[test]
    fn everything_else_is_refused_at_once() {
        let fields = Err(vec![
            "page".to_owned(),
            "size".to_owned(),
            "sort".to_owned(),
        ]);
        assert_eq!(read("page=-1&size=0&sort=price,asc"), fields);
        assert_eq!(read("page=x&size=101&sort=name,up"), fields);
        assert_eq!(read("page=1.5&size=1e3&sort=name,asc,desc"), fields);
    }
}
