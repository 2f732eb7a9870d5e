//! The forms on a reservation's page: pay, hold longer, give back.

use boxoffice::ids::ReservationId;

use super::again;
use super::html::see;
use super::reservation::{CARDS, id_of, told};
use super::visitor::{lang_of, refuse_foreign};
use crate::api::{Answer, App};
use crate::errors::{ApiError, Code};
use crate::request::{Asked, Fault, Faults, Form, cancel_form, extend_form, pay_form};
use crate::visit::Host;

/// What a form wants.
#[derive(Clone, Copy)]
enum Change {
    Pay,
    Extend,
    Cancel,
}

/// Leads from the address of a form, where a page of what went wrong is left, to the reservation.
pub(super) async fn look(asked: Asked) -> Answer {
    let id = id_of(&asked)?;
    Ok(see(&format!("/reservations/{id}")))
}

pub(super) async fn pay(app: Host, asked: Asked) -> Answer {
    changed(&app, asked, Change::Pay).await
}

pub(super) async fn extend(app: Host, asked: Asked) -> Answer {
    changed(&app, asked, Change::Extend).await
}

pub(super) async fn cancel(app: Host, asked: Asked) -> Answer {
    changed(&app, asked, Change::Cancel).await
}

/// Does what the form wants, and shows the reservation as it is then.
async fn changed(app: &App, mut asked: Asked, change: Change) -> Answer {
    refuse_foreign(asked.headers())?;
    let lang = lang_of(asked.headers());
    let id = id_of(&asked)?;
    let form = asked.form(&app.limits).await?;
    let error = match done(app, id, &form, change).await {
        Ok(()) => return Ok(see(&format!("/reservations/{id}"))),
        Err(error) => error,
    };
    match error.code() {
        // Her page tells what became of it, which is what she wanted to know.
        Code::AlreadyCancelled | Code::AlreadyConfirmed | Code::HoldExpired => {
            Ok(see(&format!("/reservations/{id}")))
        }
        Code::Internal | Code::ReservationNotFound => Err(error),
        code if again::is_worth_it(code) => again::page(code, asked.path(), &form, lang),
        _ => {
            let found = app.box_office.reservation(id).await?;
            let reservation = found.ok_or(Code::ReservationNotFound)?;
            told(app, &reservation, lang, Some(&error)).await
        }
    }
}

async fn done(app: &App, id: ReservationId, form: &Form, change: Change) -> Result<(), ApiError> {
    let box_office = &app.box_office;
    match change {
        Change::Pay => {
            let request = {
                let (fields, faults) = (form.fields(), Faults::default());
                let card = fields.text("card").unwrap_or_default();
                let token = faults.catch("card", token_of(card));
                let request = token.and_then(|token| pay_form(id, token, &fields, &faults));
                faults.unless_any(request)?
            };
            box_office.pay(request).await?;
        }
        Change::Extend => {
            let key = key_of(form, |fields, faults| extend_form(id, fields, faults))?;
            box_office.extend(id, key).await?;
        }
        Change::Cancel => {
            let key = key_of(form, |fields, faults| cancel_form(id, fields, faults))?;
            box_office.cancel(id, key).await?;
        }
    }
    Ok(())
}

fn key_of<T>(
    form: &Form,
    read: impl FnOnce(&crate::request::Query<'_>, &Faults) -> Option<T>,
) -> Result<Option<T>, ApiError> {
    let (fields, faults) = (form.fields(), Faults::default());
    let key = read(&fields, &faults);
    faults.unless_any(Some(key))
}

/// What the provider calls a card. The sandbox knows its own cards alone, so that nobody's real
/// card is ever read.
fn token_of(card: &str) -> Result<&'static str, Fault> {
    let digits = |text: &str| -> String { text.chars().filter(|c| !" -".contains(*c)).collect() };
    let typed = digits(card);
    let mut known = CARDS.into_iter();
    known
        .find(|(number, _)| digits(number) == typed)
        .map(|(_, token)| token)
        .ok_or(Fault::Missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_sandboxs_cards_are_taken() {
        assert_eq!(token_of("4242424242424242"), Ok("tok_ok"));
        assert_eq!(token_of("4000-0000 0000 0002"), Ok("tok_declined"));
        for other in ["", "4111111111111111", "42424242424242420"] {
            assert_eq!(token_of(other), Err(Fault::Missing), "{other}");
        }
    }
}
