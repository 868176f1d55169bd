//! The body of a dashboard: an alarm a widget, three in a row. A widget that names an alarm shows its metric and its bound:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html>

use serde_json::{Value as Json, json};

use super::alarm_arn;
use crate::platform::{Account, Platform};

/// The widgets that one dashboard has at most.
const MOST: usize = 500;
/// A dashboard is 24 units wide; a widget takes a third of it.
const WIDTH: usize = 8;
const HEIGHT: usize = 6;
const IN_A_ROW: usize = 3;

/// The bodies of as many dashboards as the alarms take.
pub fn bodies(platform: &Platform, account: &Account, alarms: &[String]) -> Vec<Json> {
    let widget = |(at, name): (usize, &String)| {
        json!({
            "type": "metric",
            "x": at % IN_A_ROW * WIDTH,
            "y": at / IN_A_ROW * HEIGHT,
            "width": WIDTH,
            "height": HEIGHT,
            "properties": {
                "title": name,
                "region": account.region.as_str(),
                "view": "timeSeries",
                "annotations": { "alarms": [alarm_arn(platform, account, name)] },
            },
        })
    };
    let parts = alarms.chunks(MOST);
    parts.map(|part| json!({ "widgets": part.iter().enumerate().map(widget).collect::<Vec<_>>() })).collect()
}
