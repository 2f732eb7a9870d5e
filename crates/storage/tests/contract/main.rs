//! What every store has to do, whatever it is made of.
//!
//! Each test is a function over a [`fixture::Bench`]; a store takes part with one line at the end of
//! this file and one function in `fixture`.

#![allow(missing_docs)]

mod chain;
mod events;
mod facts;
mod fixture;
mod ledger;
mod lists;
mod mysql_joined;
mod mysql_lost;
mod mysql_only;
mod mysql_server;
mod payments;
mod seats;
mod sqlite_only;
mod writes;

macro_rules! contract {
    ($store:ident) => {
        mod $store {
            contract! { $store chain:
                a_group_moves_its_event_by_one_version,
                of_two_groups_on_one_version_one_is_written,
                of_thirty_two_tasks_on_one_version_one_wins,
                many_tasks_that_decide_again_sell_every_seat_once,
                a_group_for_an_event_that_is_not_has_no_version,
                groups_of_other_events_survive_a_conflict,
                groups_of_other_events_survive_a_refusal,
                groups_of_other_events_survive_an_update_of_nothing,
                groups_of_one_event_are_no_hindrance_to_another,
                groups_of_many_events_read_back_as_they_were_written,
                a_group_of_no_changes_is_still_a_link,
                a_dropped_commit_is_finished_or_never_begun,
                a_closed_store_writes_nothing,
            }
            contract! { $store writes:
                a_large_group_reads_back_as_it_was_written,
                a_duplicate_reservation_leaves_nothing_behind,
                an_update_of_nothing_leaves_nothing_behind,
                a_stock_that_does_not_add_up_is_refused,
                an_overlong_seat_is_refused,
                a_claimed_seat_is_refused_to_another,
                a_seat_given_back_can_be_claimed_in_the_same_group,
                an_ended_reservation_does_not_give_away_a_seat_twice,
                a_key_is_used_once,
                the_same_key_belongs_to_each_buyer_and_event_apart,
                a_hold_is_extended_paid_and_cancelled_with_a_refund,
                a_declined_payment_leaves_the_hold,
                a_payment_stays_with_its_reservation,
                tickets_that_were_used_stay_used,
            }
            contract! { $store events:
                a_new_event_is_at_version_one_with_its_first_line,
                an_event_keeps_everything_that_it_was_given,
                a_replayed_creation_makes_nothing,
                an_event_with_a_grade_twice_is_not_made,
                the_next_due_hold_is_the_earliest,
                a_deleted_event_is_gone_but_audited,
                event_ids_run_on_after_the_last_seen,
                events_due_are_the_longest_waiting_first,
                a_cancelled_event_is_due_until_it_is_cleared,
                a_profile_is_made_once,
                keys_are_purged_by_age,
            }
            contract! { $store seats:
                every_seat_of_a_new_event_is_free,
                an_event_without_assigned_grades_has_no_seat_map,
                a_seat_stands_as_its_reservation_does,
                lists_tell_events_without_their_seats,
                a_replayed_creation_has_its_seats,
                a_hall_whose_rows_do_not_add_up_is_not_made,
                twenty_thousand_seats_are_read_as_they_were_sold,
                many_tasks_that_choose_again_give_every_seat_once,
            }
            contract! { $store facts:
                an_event_that_is_gone_has_no_facts,
                keys_lead_to_their_reservations,
                keys_of_a_reservation_are_its_buyers,
                holdings_count_live_tickets_of_this_event,
                reservations_of_another_event_are_not_found,
                due_holds_come_in_order_and_the_next_is_told,
                live_reservations_are_those_that_can_be_given_back,
                many_lookups_at_once_find_all,
            }
            contract! { $store payments:
                payments_under_way_are_found_page_by_page,
                a_settled_payment_is_under_way_no_more,
                refunds_are_due_page_by_page_until_they_are_done,
                a_refund_that_no_reservation_carries_is_kept_all_the_same,
                a_refund_of_no_payment_is_refused,
                payments_of_another_event_are_not_found,
                a_cancelled_event_with_open_payments_only_is_not_due,
                a_secret_is_the_first_that_was_offered,
            }
            contract! { $store lists:
                events_are_filtered_by_what_they_are_now,
                events_are_searched_in_any_case_and_letter_by_letter,
                events_are_sorted_and_paged_without_a_gap,
                reservations_are_filtered_by_event_buyer_and_status,
                reservations_are_paged_either_way,
                a_code_finds_its_buyers_reservation_only,
                statistics_count_what_a_buyer_did,
                an_events_reservations_are_read_part_by_part,
                who_was_let_in_is_counted,
                takings_are_what_was_paid_whatever_it_costs_now,
                those_who_reserved_since_are_counted,
            }
            contract! { $store ledger:
                a_whole_sale_leaves_clean_books,
                an_unknown_event_has_no_books,
                reservations_without_stock_are_shown,
                reservations_of_no_grade_are_shown,
                missing_tickets_are_shown,
                a_key_that_leads_nowhere_is_shown,
                a_live_reservation_without_its_seat_is_shown,
                a_step_back_in_time_is_shown,
                money_without_a_ticket_is_shown,
            }
        }
    };
    ($store:ident $module:ident : $($test:ident),* $(,)?) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    let bench = crate::fixture::$store().await;
                    crate::$module::$test(&bench.store).await;
                    bench.clear().await;
                }
            )*
        }
    };
}

contract!(memory);
contract!(sqlite);
contract!(mysql);
