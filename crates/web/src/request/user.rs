//! Reads a buyer's profile.

use boxoffice::buyer::User;
use boxoffice::idempotency::{BodyHash, IdempotencyKey, KeyedRequest};
use boxoffice::time::Timestamp;

use super::fault::Faults;
use super::fields::Fields;
use super::json::Json;
use super::values::{email, line, phone, user_id};

/// Longest name of a user, in characters.
pub(crate) const USERNAME_LEN_MAX: usize = 100;

/// Reads `POST /users`.
pub(crate) fn new_user(
    body: &Json<'_>,
    key: Option<IdempotencyKey>,
    created_at: Timestamp,
    faults: &Faults,
) -> Option<(User, Option<KeyedRequest>)> {
    let fields = Fields::of_body(body, faults)?;
    let id = fields.required("userId", user_id);
    let username = fields.required("username", line(USERNAME_LEN_MAX));
    let email = fields.optional("email", email);
    let phone_number = fields.optional("phoneNumber", phone);
    let user = User {
        id: id?,
        username: username?,
        email,
        phone_number,
        created_at,
    };
    let key = key.map(|key| KeyedRequest {
        key,
        body: hash(&user),
    });
    Some((user, key))
}

fn hash(user: &User) -> BodyHash {
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    BodyHash::of(&[
        b"user",
        user.id.as_str().as_bytes(),
        user.username.as_bytes(),
        optional(&user.email).as_bytes(),
        optional(&user.phone_number).as_bytes(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<User, Vec<String>> {
        let json = Json::read(body.as_bytes(), 16).expect("JSON");
        let faults = Faults::default();
        let user = new_user(&json, None, Timestamp::default(), &faults).map(|(user, _)| user);
        faults.unless_any(user).map_err(|error| error.fields())
    }

    #[test]
    fn a_profile_needs_an_id_and_a_name() {
        let user = read(r#"{"userId": "mina", "username": "김민아", "email": null}"#);
        assert_eq!(
            user.map(|user| (user.username, user.email)),
            Ok(("김민아".to_owned(), None))
        );
    }

    #[test]
    fn every_bad_field_is_told_at_once() {
        let body = r#"{"userId": "a b", "username": "", "email": "x", "phoneNumber": 7}"#;
        let fields = read(body).expect_err("four faults");
        assert_eq!(fields, ["userId", "username", "email", "phoneNumber"]);
    }
}
