//! The conformance suite. Each test is a function that takes the factory of a store, so that another engine is asked the
//! same by one line more.

mod apps;
mod audiences;
mod dashboard;
mod events;
mod evidence;
mod happenings;
mod incidents;
mod keys;
mod notifications;
mod pages;
mod problems;
mod random;
mod recipients;
mod registration;
mod retention;
mod webhooks;

/// Makes a test of each function for each engine.
macro_rules! suite {
    ($($module:ident { $($test:ident,)* })*) => {
        mod sqlite {
            use crate::given::Factory;
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() -> anyhow::Result<()> {
                    super::$module::$test(&Factory::new()).await
                }
            )*)*
        }
    };
}

suite! {
    apps {
        an_app_is_made_once,
        what_an_app_reaches_is_what_its_credentials_reach,
        a_secret_comes_back_only_when_asked_for,
        credentials_can_be_sealed_under_another_key,
        a_second_credential_of_the_same_id_is_refused,
    }
    audiences {
        pages_go_through_everyone_once,
        pages_hold_only_the_kind_that_is_asked_for,
        dead_tokens_are_left_out_unless_they_are_named,
        tags_are_combined,
        users_and_installations_are_found,
        a_live_activity_ends_by_age,
        apps_do_not_see_each_other,
        the_newest_proven_tokens_are_canaries,
    }
    dashboard {
        a_link_to_the_dashboard_is_taken_once,
        a_session_is_there_until_it_ends,
        a_person_is_known_from_the_first_link_and_by_one_name,
        nobody_has_so_many_sessions_that_others_lose_theirs,
        a_password_ends_other_sessions_and_goes_with_its_person,
        only_so_many_links_are_kept,
        the_newest_events_are_found_by_what_they_happened_to,
        recipients_that_were_not_simply_delivered_are_found_without_looking_at_all,
    }
    events {
        events_are_read_after_a_cursor,
        events_of_one_app_can_be_asked_for,
        whoever_watches_hears_of_new_events,
    }
    evidence {
        an_acceptance_proves_a_token_once,
        a_death_ends_a_token_until_it_registers_again,
        a_late_answer_to_an_older_generation_changes_nothing,
        what_was_accepted_lately_is_settled,
        evidence_about_forgotten_devices_is_dropped,
        counts_follow_every_change,
        another_credential_gives_rejected_tokens_a_chance,
        what_fails_is_counted_beside_what_does_well,
        of_many_devices_a_sample_is_counted,
    }
    happenings {
        what_is_learned_together_is_told_together,
        a_right_claim_is_no_news_and_a_wrong_one_is_told_once,
        the_first_failures_of_a_notification_are_told,
        many_deaths_at_once_are_a_wave_and_told_once,
        the_end_of_a_credential_is_told_three_times,
    }
    incidents {
        what_was_answered_before_an_incident_was_noticed_is_doubted,
        what_is_answered_during_an_incident_is_doubted_at_once,
        a_release_gives_back_what_an_incident_held,
        the_end_of_a_mistake_excuses_what_no_incident_held,
        a_confirmation_ends_what_an_incident_held,
        a_death_is_not_doubted,
        an_incident_is_kept_as_it_ended,
    }
    keys {
        an_api_key_is_found_until_it_is_revoked,
        the_audit_log_knows_when_it_was_changed,
        the_audit_log_tells_what_changed_last,
    }
    notifications {
        a_notification_comes_back_as_it_was_submitted,
        the_same_request_is_answered_the_same,
        the_same_key_with_another_body_is_refused,
        a_key_is_forgotten_after_a_day,
        a_request_in_flight_is_not_begun_twice,
        many_are_accepted_all_or_none,
        notifications_are_listed_newest_first,
        a_scheduled_notification_is_ready_when_its_time_comes,
        the_urgent_go_first_and_apps_take_turns,
        a_clock_that_falls_back_delays_nothing_that_is_not_scheduled,
    }
    pages {
        a_page_ends_once,
        a_notification_is_finished_when_nothing_is_left,
        a_page_of_a_cancelled_notification_does_not_begin,
        what_a_page_does_not_name_is_counted_as_undeliverable,
        pages_that_were_open_are_found_after_a_restart,
        direct_notifications_are_finished_in_one_go,
        an_older_epoch_is_fenced,
        a_success_takes_no_row,
    }
    problems {
        attempts_are_kept_up_to_a_bound,
        problems_are_counted_by_their_cause,
        cancelling_ends_a_problem,
        a_replay_goes_in_three_steps,
        a_replay_leaves_out_what_is_not_worth_it,
        what_has_expired_is_not_replayed,
        a_replay_that_is_stopped_sends_nothing_more,
        old_replays_are_forgotten,
    }
    recipients {
        a_recipient_is_due_when_its_time_comes,
        lanes_can_be_left_out,
        a_held_recipient_comes_when_it_is_too_late,
        a_registration_frees_what_was_held,
        forgetting_a_device_frees_what_was_held,
        a_credential_frees_what_was_held,
        parked_recipients_are_unparked,
        what_has_ended_stays_so,
        cancelling_spares_what_waits,
        cancelling_tells_unknown_from_finished,
        the_next_wake_is_the_earliest_instant_to_come,
    }
    random {
        nothing_is_lost_whatever_happens,
        what_is_materialised_is_what_the_law_says,
    }
    registration {
        a_first_registration_is_unproven,
        a_second_registration_begins_a_generation_and_keeps_what_is_not_said,
        an_installation_supersedes_its_older_token,
        an_installation_keeps_the_tokens_of_its_live_activities,
        another_kind_voids_what_was_proven,
        an_import_does_not_make_newer_things_older,
        an_import_without_a_date_is_older_than_any_answer,
        a_device_is_forgotten,
        a_device_is_restored,
        devices_are_filtered,
        a_registration_of_an_unknown_app_is_refused,
    }
    retention {
        what_was_kept_long_enough_goes,
        what_is_not_old_enough_stays,
        a_backup_is_a_store,
        a_backup_is_not_put_over_a_database,
        a_damaged_backup_is_refused,
    }
    webhooks {
        what_is_leased_is_not_leased_twice,
        a_later_epoch_takes_over_what_was_leased,
        what_is_about_the_same_goes_one_after_the_other,
        what_waits_has_a_bound_and_nothing_is_lost,
        a_webhook_is_disabled_when_nothing_was_taken_for_a_whole_schedule,
        the_cursor_can_be_set_back,
        secrets_are_sealed_and_the_one_before_signs_for_a_while,
        each_attempt_is_kept_with_its_delivery_and_goes_with_it,
        a_webhook_wants_what_it_says,
    }
}
