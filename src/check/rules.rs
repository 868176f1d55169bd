//! Every rule, in the order in which they are applied.

use super::{Rule, agent, cron, domain, label, pipeline, share, sync, table};

/// The rules.
pub const RULES: &[Rule] = &[
    ("agents have agent ARNs", agent::agents_have_agent_arns),
    ("syncs use their own agents", agent::syncs_use_their_own_agents),
    ("cron expressions can be read", cron::cron_expressions_can_be_read),
    ("one end is in AWS", sync::one_end_is_in_aws),
    ("syncs do not feed themselves", sync::syncs_do_not_feed_themselves),
    ("destinations do not overlap", sync::destinations_do_not_overlap),
    ("times are kept together", sync::times_are_kept_together),
    ("removal needs comparison", sync::removal_needs_comparison),
    ("enhanced mode keeps times", sync::enhanced_mode_keeps_times),
    ("archived objects are not read again", sync::archived_objects_are_not_read_again),
    ("options fit their places", sync::options_fit_their_places),
    ("access keys are whole", sync::access_keys_are_whole),
    ("filters are patterns", sync::filters_are_patterns),
    ("schedules are hourly at most", sync::schedules_are_hourly_at_most),
    ("scheduled syncs copy changes", sync::scheduled_syncs_copy_changes),
    ("functions return what their service returns", pipeline::functions_return_what_their_service_returns),
    ("values fit between states", pipeline::values_fit_between_states),
    ("databases can be named", domain::databases_can_be_named),
    ("domains do not overlap", domain::domains_do_not_overlap),
    ("tables have columns", table::tables_have_columns),
    ("names stay different", table::names_stay_different),
    ("keys are never null", table::keys_are_never_null),
    ("partitions are plain columns", table::partitions_are_plain_columns),
    ("formats hold their columns", table::formats_hold_their_columns),
    ("tables have one contract", table::tables_have_one_contract),
    ("table grants can be made", share::table_grants_can_be_made),
    ("row filters are on reads", share::row_filters_are_on_reads),
    ("shares lead elsewhere", share::shares_lead_elsewhere),
    ("links have names of their own", share::links_have_names_of_their_own),
    ("links can be followed", share::links_can_be_followed),
    ("labelled data is granted to the cleared only", label::labelled_data_is_granted_to_the_cleared_only),
    (
        "labelled tables are shared with the cleared only",
        label::labelled_tables_are_shared_with_the_cleared_only,
    ),
];
