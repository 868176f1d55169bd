//! How clients of MSK say who they are in AWS: a token that is the presigned URL of a request for `kafka-cluster:Connect`, as AWS's own signers of such
//! tokens make it: https://github.com/aws/aws-msk-iam-sasl-signer-python

use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rskafka::client::{OauthBearerCredentials, SaslConfig};
use tokio::task::spawn_blocking;

use crate::cli::run::query::live::aws::sign::{self, Scope};
use crate::cli::run::query::live::aws::{Credentials, Keys};

/// Whom the policies call by that name.
const SERVICE: &str = "kafka-cluster";
/// As many seconds a token holds.
const HOLDS: u32 = 900;

/// A fresh token for each connection. Keys are looked for now, so that it is told at once where there are none.
pub(super) fn authentication(servers: &[String], of_program: &str) -> Result<SaslConfig, String> {
    let region = servers.iter().find_map(|server| region_of(server)).unwrap_or(of_program).to_owned();
    let credentials = Arc::new(Credentials::find(&region)?);
    let callback = move || {
        let (credentials, region) = (Arc::clone(&credentials), region.clone());
        // Keys may have to be asked for, which must not keep partitions from being read.
        let made = spawn_blocking(move || {
            let keys = credentials.keys()?;
            Ok::<_, String>(token(&region, &keys, SystemTime::now()))
        });
        Box::pin(async move { Ok(made.await??) }) as _
    };
    Ok(SaslConfig::Oauthbearer(OauthBearerCredentials {
        callback: Arc::new(callback),
        authz_id: None,
        bearer_kvs: Vec::new(),
    }))
}

/// The region in the name of a broker of MSK: `b-1.name.a1b2c3.c2.kafka.us-east-1.amazonaws.com:9098`, serverless `….kafka-serverless.us-east-1.…`.
pub(super) fn region_of(server: &str) -> Option<&str> {
    let (host, _) = server.rsplit_once(':')?;
    let name = host.strip_suffix(".cn").unwrap_or(host).strip_suffix(".amazonaws.com")?;
    let (rest, region) = name.rsplit_once('.')?;
    let service = rest.rsplit_once('.').map_or(rest, |(_, service)| service);
    matches!(service, "kafka" | "kafka-serverless").then_some(region)
}

fn token(region: &str, keys: &Keys, time: SystemTime) -> String {
    let stamp = sign::stamp(time);
    let scope = Scope { stamp: &stamp, region, service: SERVICE };
    let host = format!("kafka.{region}.amazonaws.com");
    let url = sign::presigned(&host, &scope, ("Action", "kafka-cluster:Connect"), HOLDS, keys);
    // Who made it is said behind the signature, which is not of that.
    URL_SAFE_NO_PAD.encode(format!("{url}&User-Agent=dpl%2F{}", env!("CARGO_PKG_VERSION")))
}
