#!/usr/bin/env bash
# Runs the examples against servers that others wrote: llama.cpp's, and LiteLLM's proxy in front of
# it. Installs what it needs under target/servers (a C++ compiler and Python 3 must be there), starts
# everything on loopback, and ends what it started.
#
#     xtask/servers/run.sh                 llama.cpp alone
#     xtask/servers/run.sh --litellm       and LiteLLM in front of it
#     MODEL=FILE.gguf xtask/servers/run.sh a model of your own, with a chat template that has tools
#
# Without MODEL, a model with random weights is made by ../shared/servers/mkgguf.py. What it says
# means nothing, and it calls tools at random; so each example is run again until a tool was called and
# answered. What no model can be blamed for, such as an error of the server, an illegal order of events
# or missing usage, is a failure at once (`cargo xtask validate --live --untrained`).
set -euo pipefail
unset CDPATH
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
root=$PWD
work=$root/target/servers
attempts=${ATTEMPTS:-20}

LLAMA_CPP_PYTHON=0.3.36
LITELLM=${LITELLM:-}

with_litellm=false
for argument in "$@"; do
    case $argument in
        --litellm) with_litellm=true ;;
        *) printf 'unknown argument %s; see the head of %s\n' "$argument" "$0" >&2; exit 2 ;;
    esac
done

mkdir -p "$work"
pids=()
stop() {
    if ((${#pids[@]} > 0)); then
        kill "${pids[@]}" 2>/dev/null || true
        wait "${pids[@]}" 2>/dev/null || true
    fi
}
trap stop EXIT

say() { printf '\n=== %s\n' "$*"; }

# The server's source is in the source package of its Python bindings.
build_server() {
    if [[ -x $work/build/bin/llama-server ]]; then
        return
    fi
    say "building llama-server (some minutes)"
    python3 -m venv "$work/tools"
    "$work/tools/bin/pip" install --quiet scikit-build-core cmake ninja
    (
        cd "$work"
        export PATH=$work/tools/bin:$PATH
        pip download --quiet --no-deps --no-binary llama-cpp-python "llama-cpp-python==$LLAMA_CPP_PYTHON"
        tar xzf "llama_cpp_python-$LLAMA_CPP_PYTHON.tar.gz"
        cmake -S "llama_cpp_python-$LLAMA_CPP_PYTHON/vendor/llama.cpp" -B build -G Ninja \
            -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF -DLLAMA_BUILD_TESTS=OFF \
            -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_BUILD_SERVER=ON \
            -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_OPENSSL=OFF \
            -DGGML_NATIVE=OFF -DGGML_OPENMP=OFF -DGGML_LLAMAFILE=OFF -DGGML_CPU_REPACK=OFF
        ninja -C build llama-server
    ) >"$work/build.log" 2>&1 || { tail -n 20 "$work/build.log" >&2; exit 1; }
}

make_model() {
    model=${MODEL:-}
    if [[ -n $model ]]; then
        return
    fi
    local maker=$root/../shared/servers
    if [[ ! -f $maker/mkgguf.py ]]; then
        echo 'set MODEL to a GGUF file with a chat template that has tools' >&2
        exit 2
    fi
    if [[ ! -x $work/maker/bin/python ]]; then
        python3 -m venv "$work/maker"
        "$work/maker/bin/pip" install --quiet gguf numpy
    fi
    model=$work/random.gguf
    EOS_BIAS=2 TOOL_BIAS=2 "$work/maker/bin/python" \
        "$maker/mkgguf.py" "$model" "$maker/chatml-think.jinja"
}

# Waits until a server answers: await URL LOG
await() {
    local second
    for second in {1..120}; do
        if curl --silent --fail --output /dev/null "$1"; then
            return
        fi
        sleep 1
    done
    printf 'no answer from %s after %d s; its log: %s\n' "$1" "$second" "$2" >&2
    exit 1
}

# Runs an example until a conversation has everything: converse SERVER EXAMPLE
converse() {
    local attempt report evidence
    for ((attempt = 1; attempt <= attempts; attempt++)); do
        report=$(cargo run --quiet --package xtask --bin xtask -- \
            validate --live --untrained --json --only "examples/$2" 2>/dev/null) && {
            evidence=$(jq_evidence "$report")
            printf '%-24s %-28s passed at attempt %d: %s\n' "$1" "$2" "$attempt" "$evidence"
            return
        }
        evidence=$(jq_evidence "$report")
        case $evidence in
            *'the model said nothing'* | *'no tool was called'* | *'the run was stopped'*) ;;
            *)
                printf '%-24s %-28s FAILED at attempt %d: %s\n' "$1" "$2" "$attempt" "$evidence"
                failed=true
                return
                ;;
        esac
    done
    printf '%-24s %-28s FAILED: not all was seen in %d attempts; last: %s\n' \
        "$1" "$2" "$attempts" "$evidence"
    failed=true
}

jq_evidence() {
    python3 -c 'import json,sys; print(json.loads(sys.argv[1])["items"][0]["evidence"])' "$1"
}

# Runs the examples of the wires that a server speaks: examples SERVER EXAMPLE..
examples() {
    local server=$1 example
    shift
    for example in simple-streaming-inference generic-tool-calling openai-tools claude-tools "$@"; do
        converse "$server" "$example"
    done
}

# Sets the address, key and model of all wires: ask ADDRESS KEY MODEL
ask() {
    export OPENAI_BASE_URL=$1/v1 OPENAI_API_KEY=$2 OPENAI_MODEL=$3
    export ANTHROPIC_BASE_URL=$1 ANTHROPIC_API_KEY=$2
    export GOOGLE_GEMINI_BASE_URL=$1 GEMINI_API_KEY=$2
    export PINOCCHIO_AI_ENGINE=$3
}

build_server
make_model
failed=false

say 'llama.cpp'
"$work/build/bin/llama-server" --version 2>&1 | head -n 1
"$work/build/bin/llama-server" -m "$model" --host 127.0.0.1 --port 18080 --jinja -c 16384 -np 2 \
    --alias local --no-webui --offline --reasoning-budget 24 >"$work/llama.log" 2>&1 &
pids+=($!)
await http://127.0.0.1:18080/health "$work/llama.log"
ask http://127.0.0.1:18080 none local
examples 'llama.cpp'

if $with_litellm; then
    if [[ ! -x $work/litellm/bin/litellm ]]; then
        say 'installing LiteLLM'
        python3 -m venv "$work/litellm"
        "$work/litellm/bin/pip" install --quiet "litellm[proxy]${LITELLM:+==$LITELLM}"
    fi
    cat >"$work/litellm.yaml" <<YAML
model_list:
  - model_name: passed-through
    litellm_params: {model: openai/local, api_base: "http://127.0.0.1:18080/v1", api_key: none}
  - model_name: bridged
    litellm_params: {model: lm_studio/local, api_base: "http://127.0.0.1:18080/v1", api_key: none}
general_settings: {master_key: sk-local}
litellm_settings: {num_retries: 0, drop_params: true}
YAML
    say "LiteLLM $("$work/litellm/bin/pip" show litellm | sed -n 's/^Version: //p')"
    LITELLM_LOCAL_MODEL_COST_MAP=True LITELLM_TELEMETRY=False DISABLE_ADMIN_UI=True \
        "$work/litellm/bin/litellm" --config "$work/litellm.yaml" --host 127.0.0.1 --port 14000 \
        --telemetry False >"$work/litellm.log" 2>&1 &
    pids+=($!)
    await http://127.0.0.1:14000/health/liveliness "$work/litellm.log"
    ask http://127.0.0.1:14000 sk-local passed-through
    examples 'LiteLLM, passed through' gemini-tools
    ask http://127.0.0.1:14000 sk-local bridged
    examples 'LiteLLM, bridged' gemini-tools
fi

if $failed; then
    printf '\nwhat each example printed last: target/validate/; the servers: %s/*.log\n' "$work"
    exit 1
fi
