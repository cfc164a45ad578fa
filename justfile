# Formatting, lints and documentation; spelling and unused dependencies where .ci/run has installed its tools.
check:
    cargo fmt --all --check
    [ ! -x .ci/tools/lint/bin/typos ] || .ci/tools/lint/bin/typos
    [ ! -x .ci/tools/lint/bin/cargo-shear ] || .ci/tools/lint/bin/cargo-shear --locked --deny-warnings
    cargo clippy --workspace --all-targets --locked -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

# Every test, on the embedded store.
test:
    cargo test --workspace --locked

# The tests of an area, or whose names hold these words: `just t contract::clients_add`.
t *words:
    .ci/suite {{ words }}

# The service on this machine: `just local --memory`.
local *options:
    cargo run --release --locked -- {{ options }}

# The one artifact of every Lambda function, into .aws-sam/build. For arm64 it takes cargo-lambda with zig.
# With this machine's own compiler: `CARGO_LAMBDA_COMPILER=cargo just build --parameter-overrides Architecture=x86_64`.
build *options:
    sam build {{ options }}

# What was built, to the AWS account that the environment names: `just deploy --guided` the first time.
deploy *options:
    sam deploy --stack-name countersign --resolve-s3 --capabilities CAPABILITY_IAM {{ options }}

# What is linked into the built bootstrap, for scanners: target/sbom/bootstrap.cdx.json. `just sbom countersign` after
# `cargo build --release --locked` is the local binary's.
sbom binary="bootstrap":
    scripts/supply-chain sbom {{ binary }}

# Write docs/licences.md anew, after Cargo.lock has changed.
licences:
    scripts/supply-chain licences

# Write anew the files that are derived from the operations.
update:
    COUNTERSIGN_UPDATE=1 cargo test -p countersign-tests --locked derived
