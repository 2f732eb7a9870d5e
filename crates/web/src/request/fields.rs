//! Reads an object's fields into types that cannot be wrong, and notes every bad one.

use std::borrow::Cow;

use super::fault::{Fault, Faults};
use super::json::Json;

/// The fields of one object of a body.
pub(crate) struct Fields<'r, 'j> {
    members: &'r [(Cow<'j, str>, Json<'j>)],
    /// What comes before a field's name where it is told: empty, `venue.` or `seatTypes[1].`.
    prefix: String,
    faults: &'r Faults,
}

impl<'r, 'j> Fields<'r, 'j> {
    /// The fields of a whole body, which has to be an object.
    pub(crate) fn of_body(body: &'r Json<'j>, faults: &'r Faults) -> Option<Self> {
        let Json::Object(members) = body else {
            faults.note("body", Fault::NotObject);
            return None;
        };
        Some(Self {
            members,
            prefix: String::new(),
            faults,
        })
    }

    /// A field that must be there.
    pub(crate) fn required<T>(
        &self,
        name: &str,
        read: impl FnOnce(&'r Json<'j>) -> Result<T, Fault>,
    ) -> Option<T> {
        match self.get(name) {
            None | Some(Json::Null) => {
                self.fault(name, Fault::Missing);
                None
            }
            Some(value) => self.catch(name, read(value)),
        }
    }

    /// A field that may be left out or null.
    pub(crate) fn optional<T>(
        &self,
        name: &str,
        read: impl FnOnce(&'r Json<'j>) -> Result<T, Fault>,
    ) -> Option<T> {
        match self.get(name) {
            None | Some(Json::Null) => None,
            Some(value) => self.catch(name, read(value)),
        }
    }

    /// A field that may be left out, but not null: something that cannot be cleared.
    pub(crate) fn kept<T>(
        &self,
        name: &str,
        read: impl FnOnce(&'r Json<'j>) -> Result<T, Fault>,
    ) -> Option<T> {
        match self.get(name) {
            Some(Json::Null) => {
                self.fault(name, Fault::Null);
                None
            }
            _ => self.optional(name, read),
        }
    }

    /// A field that may be left out (`None`) or cleared by null (`Some(None)`), as a patch has it.
    #[expect(
        clippy::option_option,
        reason = "the box office's patch tells the three apart so"
    )]
    pub(crate) fn clearable<T>(
        &self,
        name: &str,
        read: impl FnOnce(&'r Json<'j>) -> Result<T, Fault>,
    ) -> Option<Option<T>> {
        match self.get(name)? {
            Json::Null => Some(None),
            value => self.catch(name, read(value)).map(Some),
        }
    }

    /// A field as it was sent; `None` where it is left out or null.
    pub(crate) fn raw(&self, name: &str) -> Option<&'r Json<'j>> {
        self.get(name).filter(|value| **value != Json::Null)
    }

    /// Whether the field is null, which is not the same as left out.
    pub(crate) fn is_null(&self, name: &str) -> bool {
        self.get(name) == Some(&Json::Null)
    }

    /// The fields of the object in this field, or of the one at this index of the list in it.
    pub(crate) fn inner(
        &self,
        name: &str,
        index: Option<usize>,
        value: &'r Json<'j>,
    ) -> Option<Self> {
        let path = match index {
            None => format!("{}{name}", self.prefix),
            Some(index) => format!("{}{name}[{index}]", self.prefix),
        };
        let Json::Object(members) = value else {
            self.faults.note(path, Fault::NotObject);
            return None;
        };
        Some(Self {
            members,
            prefix: path + ".",
            faults: self.faults,
        })
    }

    /// The names and values of all members, as they were sent.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&'r str, &'r Json<'j>)> {
        self.members
            .iter()
            .map(|(name, value)| (name.as_ref(), value))
    }

    /// Notes what is wrong with a field.
    pub(crate) fn fault(&self, name: &str, fault: Fault) {
        self.faults.note(format!("{}{name}", self.prefix), fault);
    }

    fn catch<T>(&self, name: &str, read: Result<T, Fault>) -> Option<T> {
        read.map_err(|fault| self.fault(name, fault)).ok()
    }

    fn get(&self, name: &str) -> Option<&'r Json<'j>> {
        let mut found = self.members.iter().filter(|(member, _)| member == name);
        let (_, value) = found.next()?;
        if found.next().is_some() {
            self.fault(name, Fault::Duplicate);
        }
        Some(value)
    }
}
