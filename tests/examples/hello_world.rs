//! The least that a Lambda function behind API Gateway can be: what the cold start stands beside.

use std::convert::Infallible;

use lambda_http::{Request, service_fn};

async fn hello(_: Request) -> Result<&'static str, Infallible> {
    Ok("Hello, world!")
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    lambda_http::run(service_fn(hello)).await
}
