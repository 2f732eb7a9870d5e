//! Pages of lists, as they are told.

use boxoffice::page::PageRequest;
use serde::Serialize;
use utoipa::ToSchema;

/// A part of a list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Page)]
pub(crate) struct PageBody<T> {
    content: Vec<T>,
    pageable: Pageable,
    total_elements: u64,
    total_pages: u64,
    /// Whether no page comes after this one.
    last: bool,
}

/// A page's items when they are written already.
pub(crate) struct WrittenItems {
    bytes: Vec<u8>,
    count: usize,
}

impl WrittenItems {
    /// No items yet, and room for `len` bytes of them.
    pub(crate) fn with_capacity(len: usize) -> Self {
        let mut bytes = Vec::with_capacity(len);
        bytes.extend_from_slice(br#"{"content":["#);
        Self { bytes, count: 0 }
    }

    /// One more item, which `write` appends as JSON.
    pub(crate) fn push<T>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        if self.count > 0 {
            self.bytes.push(b',');
        }
        self.count += 1;
        write(&mut self.bytes)
    }

    /// The page that was asked for, of a list of `total`.
    pub(crate) fn into_page(
        mut self,
        asked: PageRequest,
        total: u64,
    ) -> Result<Vec<u8>, serde_json::Error> {
        let empty = serde_json::to_vec(&PageBody::tell(Vec::<()>::new(), asked, total))?;
        // What follows the empty list: the end of the list, and the rest of the page.
        self.bytes
            .extend_from_slice(&empty[br#"{"content":["#.len()..]);
        Ok(self.bytes)
    }
}

/// Which part it is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pageable {
    /// Counted from 0.
    page_number: u32,
    page_size: u32,
    sort: SortBody,
}

/// Whether the list has an order. Ours always have.
#[derive(Serialize, ToSchema)]
#[schema(as = Sort)]
pub(crate) struct SortBody {
    sorted: bool,
    unsorted: bool,
}

impl<T> PageBody<T> {
    /// These items as the page that was asked for, of a list of `total`.
    pub(crate) fn tell(content: Vec<T>, asked: PageRequest, total: u64) -> Self {
        let total_pages = total.div_ceil(u64::from(asked.size.max(1)));
        Self {
            content,
            pageable: Pageable {
                page_number: asked.page,
                page_size: asked.size,
                sort: SortBody {
                    sorted: true,
                    unsorted: false,
                },
            },
            total_elements: total,
            total_pages,
            last: u64::from(asked.page) + 1 >= total_pages,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(page: u32, size: u32, total: u64) -> (u64, bool) {
        let body = PageBody::tell(Vec::<()>::new(), PageRequest { page, size }, total);
        (body.total_pages, body.last)
    }

    #[test]
    fn the_last_page_may_be_short_and_an_empty_list_has_none() {
        assert_eq!(told(0, 20, 0), (0, true));
        assert_eq!(told(0, 20, 20), (1, true));
        assert_eq!(told(0, 20, 21), (2, false));
        assert_eq!(told(1, 20, 21), (2, true));
        assert_eq!(told(9, 20, 21), (2, true));
    }

    #[test]
    fn written_items_make_the_same_page() {
        let asked = PageRequest { page: 0, size: 2 };
        for items in [vec![], vec![7], vec![7, 8]] {
            let mut written = WrittenItems::with_capacity(0);
            for item in &items {
                written.push(|bytes| bytes.extend_from_slice(format!("{item}").as_bytes()));
            }
            let page = serde_json::to_vec(&PageBody::tell(items, asked, 3)).expect("JSON");
            assert_eq!(written.into_page(asked, 3).expect("JSON"), page);
        }
    }

    #[test]
    fn a_page_is_told_as_the_contract_says() {
        let body = PageBody::tell(vec![7], PageRequest { page: 1, size: 1 }, 3);
        assert_eq!(
            serde_json::to_string(&body).expect("JSON"),
            r#"{"content":[7],"pageable":{"pageNumber":1,"pageSize":1,"sort":{"sorted":true,"unsorted":false}},"totalElements":3,"totalPages":3,"last":false}"#
        );
    }
}
