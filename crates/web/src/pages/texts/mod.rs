//! Every text of the pages, in English and Korean. A text that one language lacks does not compile.

mod en;
mod ko;

use crate::lang::Lang;

/// The texts of one language, by what they are for.
pub(crate) struct Texts {
    pub(crate) layout: Layout,
    pub(crate) list: List,
    pub(crate) event: Event,
    pub(crate) buy: Buy,
    pub(crate) seats: Seats,
    pub(crate) hold: Hold,
    pub(crate) card: Card,
    pub(crate) ticket: Ticket,
    pub(crate) ended: Ended,
    pub(crate) find: Find,
    pub(crate) problem: Problem,
    pub(crate) again: Again,
}

/// The texts of this language.
pub(crate) const fn texts(lang: Lang) -> &'static Texts {
    match lang {
        Lang::En | Lang::Both => &en::TEXTS,
        Lang::Ko => &ko::TEXTS,
    }
}

/// Around every page.
pub(crate) struct Layout {
    pub(crate) skip: &'static str,
    pub(crate) events: &'static str,
    pub(crate) my_tickets: &'static str,
    pub(crate) other_language: &'static str,
    pub(crate) promise: &'static str,
    pub(crate) api: &'static str,
    pub(crate) main_menu: &'static str,
}

/// The list of events.
pub(crate) struct List {
    pub(crate) title: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) search: &'static str,
    pub(crate) search_hint: &'static str,
    pub(crate) show: &'static str,
    pub(crate) upcoming: &'static str,
    pub(crate) available: &'static str,
    pub(crate) sold_out: &'static str,
    pub(crate) closed: &'static str,
    pub(crate) cancelled: &'static str,
    pub(crate) all: &'static str,
    pub(crate) order: &'static str,
    pub(crate) soonest: &'static str,
    pub(crate) by_name: &'static str,
    pub(crate) newest: &'static str,
    pub(crate) submit: &'static str,
    pub(crate) none: &'static str,
    pub(crate) none_hint: &'static str,
    pub(crate) pages: &'static str,
    pub(crate) previous: &'static str,
    pub(crate) next: &'static str,
    pub(crate) found: fn(u64) -> String,
    pub(crate) part: fn(u32, u64) -> String,
}

/// One event.
pub(crate) struct Event {
    pub(crate) sold_out: &'static str,
    pub(crate) closed: &'static str,
    pub(crate) cancelled: &'static str,
    pub(crate) left: fn(u32) -> String,
    /// What [`Self::left`] says, with `#` for the number, for scripts; one seat, and others.
    pub(crate) left_one: &'static str,
    pub(crate) left_many: &'static str,
    pub(crate) opens_in: &'static str,
    pub(crate) opens_at: fn(&str) -> String,
    pub(crate) about: &'static str,
    pub(crate) when: &'static str,
    pub(crate) venue: &'static str,
    pub(crate) capacity: fn(u32) -> String,
    pub(crate) sale: &'static str,
    pub(crate) sale_from: fn(&str) -> String,
    pub(crate) sale_until: fn(&str) -> String,
    pub(crate) limit: &'static str,
    pub(crate) limit_is: fn(u32) -> String,
    pub(crate) time_to_pay: &'static str,
    pub(crate) minutes: fn(u32) -> String,
    pub(crate) tickets: &'static str,
    pub(crate) numbered: &'static str,
    pub(crate) general: &'static str,
    pub(crate) free: &'static str,
    pub(crate) sold_out_title: &'static str,
    pub(crate) sold_out_body: &'static str,
    pub(crate) held_may_return: &'static str,
    pub(crate) before_title: &'static str,
    pub(crate) before_body: &'static str,
    pub(crate) closed_title: &'static str,
    pub(crate) closed_body: &'static str,
    pub(crate) cancelled_title: &'static str,
    pub(crate) cancelled_body: &'static str,
    pub(crate) other_events: &'static str,
    pub(crate) live: &'static str,
    pub(crate) all_gone: &'static str,
}

/// The form that takes seats.
pub(crate) struct Buy {
    pub(crate) title: &'static str,
    pub(crate) grade: &'static str,
    pub(crate) quantity: &'static str,
    pub(crate) best_together: &'static str,
    pub(crate) choose_on_map: &'static str,
    pub(crate) who: &'static str,
    pub(crate) who_hint: &'static str,
    pub(crate) reserve: &'static str,
    pub(crate) hold_note: fn(u32) -> String,
    pub(crate) no_hold_note: &'static str,
    pub(crate) problem: &'static str,
    pub(crate) marked: &'static str,
    pub(crate) only_left: fn(u32, u32) -> String,
    pub(crate) seats_gone: fn(&[String]) -> String,
    pub(crate) limit_reached: fn(u32, u32) -> String,
    pub(crate) sent_before: &'static str,
    pub(crate) sending: &'static str,
    pub(crate) kept: &'static str,
    pub(crate) go_on: &'static str,
}

/// The map of the seats and the table behind it.
pub(crate) struct Seats {
    pub(crate) title: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) back: &'static str,
    pub(crate) map: &'static str,
    pub(crate) keys: &'static str,
    pub(crate) touch: &'static str,
    pub(crate) stage: &'static str,
    pub(crate) zoom_in: &'static str,
    pub(crate) zoom_out: &'static str,
    pub(crate) whole: &'static str,
    pub(crate) free: &'static str,
    pub(crate) held: &'static str,
    pub(crate) sold: &'static str,
    pub(crate) chosen: &'static str,
    pub(crate) table: &'static str,
    pub(crate) row: &'static str,
    pub(crate) parts: &'static str,
    pub(crate) part: fn(&str) -> String,
    pub(crate) none_chosen: &'static str,
    /// For scripts, with `#` for the seats: one, and several.
    pub(crate) lost_one: &'static str,
    pub(crate) lost_many: &'static str,
    pub(crate) most: fn(u32) -> String,
    pub(crate) one_grade: &'static str,
    pub(crate) remove: &'static str,
}

/// A hold that waits for payment.
pub(crate) struct Hold {
    pub(crate) title: &'static str,
    pub(crate) yours_for: &'static str,
    pub(crate) until: fn(&str) -> String,
    pub(crate) nearly_over: &'static str,
    pub(crate) nearly_over_extended: &'static str,
    pub(crate) extend: &'static str,
    pub(crate) extend_note: &'static str,
    pub(crate) extended: &'static str,
    pub(crate) give_back: &'static str,
    pub(crate) declined: &'static str,
    pub(crate) paying_title: &'static str,
    pub(crate) paying_body: &'static str,
    pub(crate) order: &'static str,
    pub(crate) grade: &'static str,
    pub(crate) seats: &'static str,
    pub(crate) quantity: &'static str,
    pub(crate) tickets: fn(u32) -> String,
    pub(crate) total: &'static str,
    pub(crate) code: &'static str,
    pub(crate) buyer: &'static str,
}

/// The sandbox's card form.
pub(crate) struct Card {
    pub(crate) title: &'static str,
    pub(crate) sandbox: &'static str,
    pub(crate) number: &'static str,
    pub(crate) number_hint: &'static str,
    pub(crate) pays: &'static str,
    pub(crate) declines: &'static str,
    pub(crate) is_slow: &'static str,
    pub(crate) pay: fn(&str) -> String,
    pub(crate) unknown: &'static str,
}

/// Tickets that were bought.
pub(crate) struct Ticket {
    pub(crate) title: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) number_of: fn(u32, u32) -> String,
    pub(crate) admit_one: &'static str,
    pub(crate) qr: &'static str,
    pub(crate) seat: &'static str,
    pub(crate) valid: &'static str,
    pub(crate) used_at: fn(&str) -> String,
    pub(crate) calendar: &'static str,
    pub(crate) print: &'static str,
    pub(crate) keep: &'static str,
    pub(crate) cancel: &'static str,
    pub(crate) cancel_body: fn(&str) -> String,
    pub(crate) cancel_free_body: &'static str,
    pub(crate) cancel_yes: &'static str,
}

/// Reservations that are over.
pub(crate) struct Ended {
    pub(crate) cancelled_title: &'static str,
    pub(crate) cancelled_at: fn(&str) -> String,
    pub(crate) refund_done: fn(&str) -> String,
    pub(crate) refund_pending: fn(&str, &str) -> String,
    pub(crate) no_refund: &'static str,
    pub(crate) expired_title: &'static str,
    pub(crate) expired_body: &'static str,
    pub(crate) choose_again: &'static str,
}

/// The form that finds a reservation.
pub(crate) struct Find {
    pub(crate) title: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) code: &'static str,
    pub(crate) code_hint: &'static str,
    pub(crate) who: &'static str,
    pub(crate) submit: &'static str,
    pub(crate) missing: &'static str,
}

/// What went wrong.
pub(crate) struct Problem {
    pub(crate) not_found_title: &'static str,
    pub(crate) not_found_body: &'static str,
    pub(crate) busy_title: &'static str,
    pub(crate) busy_body: &'static str,
    pub(crate) down_title: &'static str,
    pub(crate) down_body: &'static str,
    pub(crate) error_title: &'static str,
    pub(crate) error_body: &'static str,
    pub(crate) refused_title: &'static str,
    pub(crate) foreign: &'static str,
    pub(crate) quote: &'static str,
    pub(crate) home: &'static str,
    pub(crate) retry: &'static str,
    pub(crate) form_body: &'static str,
    /// A form of which nobody can say whether it was done.
    pub(crate) unknown_title: &'static str,
    pub(crate) unknown_body: &'static str,
    pub(crate) back: &'static str,
}

/// A request that is sent again by itself.
pub(crate) struct Again {
    pub(crate) busy_title: &'static str,
    pub(crate) busy_body: &'static str,
    pub(crate) unknown_title: &'static str,
    pub(crate) unknown_body: &'static str,
    pub(crate) submit: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What both languages say, in this order.
    fn both(text: impl Fn(&Texts) -> String) -> [String; 2] {
        [texts(Lang::En), texts(Lang::Ko)].map(text)
    }

    #[test]
    fn one_is_not_several() {
        let said = |limit, holding| both(|t| (t.buy.limit_reached)(limit, holding));
        let [en, ko] = said(1, 1);
        assert_eq!(
            en,
            "One person may have 1 ticket of this event, and you have 1."
        );
        assert!(ko.contains("1매까지"), "{ko}");
        assert!(said(4, 0)[0].contains("4 tickets of this event, and you have 0."));
        let gone = |seats: &[&str]| {
            let seats: Vec<_> = seats.iter().map(|seat| (*seat).to_owned()).collect();
            both(|t| (t.buy.seats_gone)(&seats))
        };
        assert!(gone(&["R-A-1"])[0].contains("R-A-1 has just been taken"));
        let [en, ko] = gone(&["R-A-1", "R-A-2"]);
        assert!(en.contains("R-A-1, R-A-2 have just been taken"), "{en}");
        assert!(ko.contains("R-A-1, R-A-2 좌석을"), "{ko}");
        assert_eq!(both(|t| (t.event.capacity)(1)), ["1 place", "1명 수용"]);
    }

    #[test]
    fn seats_are_kept_for_a_while() {
        let [en, ko] = both(|t| (t.buy.hold_note)(420));
        assert_eq!(en, "Your seats are kept for 7 minutes while you pay.");
        assert_eq!(ko, "결제하시는 동안 7분간 좌석을 잡아 둡니다.");
    }

    /// Which of two particles follows an amount depends on how its last sign is read aloud.
    #[test]
    fn no_particle_follows_an_amount_that_may_end_in_anything() {
        let ticket = &texts(Lang::Ko).ticket;
        let ended = &texts(Lang::Ko).ended;
        for amount in ["150,000원", "$12.50", "CHF 4.00", "무료"] {
            for said in [
                (ticket.cancel_body)(amount),
                (ended.refund_done)(amount),
                (ended.refund_pending)(amount, "1월 1일"),
            ] {
                let after = said.split_once(amount).expect("the amount").1;
                assert!(after.starts_with(' '), "{said}");
            }
        }
    }
}
