// Times hogweed's verification of signatures as C calls it, digests included. What is signed is the first two parts of a
// token, 600 bytes. Without an argument it prints the signatures, for another program to verify: algorithm, public key
// and signature in hexadecimal, a line each; with one it prints algorithm and microseconds. The keys are the same each
// time.
#include <gmp.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecdsa.h>
#include <nettle/eddsa.h>
#include <nettle/knuth-lfib.h>
#include <nettle/rsa.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { length = 600, repetitions = 20, blocks = 50 };

static struct knuth_lfib_ctx generator;
static uint8_t message[length];
static struct rsa_public_key rsa;
static struct ecc_point p256, p384;
static uint8_t ed25519[ED25519_KEY_SIZE];
static uint8_t rs256[256], ps256[256], es256[64], es384[96], eddsa[ED25519_SIGNATURE_SIZE];

// The header {"alg": …} in base64url, then zeros in base64url.
static void address(const char *header) {
    memset(message, 'A', length);
    memcpy(message, header, strlen(header));
    message[strlen(header)] = '.';
}

static void chance(void *context, size_t count, uint8_t *bytes) { knuth_lfib_random(context, count, bytes); }

static void octets(uint8_t *bytes, size_t count, const mpz_t number) {
    size_t used = (mpz_sizeinbase(number, 2) + 7) / 8;
    memset(bytes, 0, count - used);
    mpz_export(bytes + count - used, NULL, 1, 1, 1, 0, number);
}

static void sha256_of_message(uint8_t *digest) {
    struct sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, length, message);
    sha256_digest(&context, SHA256_DIGEST_SIZE, digest);
}

static void sha384_of_message(uint8_t *digest) {
    struct sha512_ctx context;
    sha384_init(&context);
    sha384_update(&context, length, message);
    sha384_digest(&context, SHA384_DIGEST_SIZE, digest);
}

static const char rs256_header[] = "eyJhbGciOiJSUzI1NiJ9", ps256_header[] = "eyJhbGciOiJQUzI1NiJ9",
                  es256_header[] = "eyJhbGciOiJFUzI1NiJ9", es384_header[] = "eyJhbGciOiJFUzM4NCJ9",
                  eddsa_header[] = "eyJhbGciOiJFZERTQSJ9";

static void sign_by_rsa(void) {
    struct rsa_private_key secret;
    uint8_t digest[SHA256_DIGEST_SIZE], salt[SHA256_DIGEST_SIZE];
    mpz_t signature;
    mpz_init(signature);
    rsa_public_key_init(&rsa);
    rsa_private_key_init(&secret);
    mpz_set_ui(rsa.e, 65537);
    rsa_generate_keypair(&rsa, &secret, &generator, chance, NULL, NULL, 2048, 0);
    address(rs256_header);
    sha256_of_message(digest);
    rsa_sha256_sign_digest(&secret, digest, signature);
    octets(rs256, sizeof rs256, signature);
    address(ps256_header);
    sha256_of_message(digest);
    chance(&generator, sizeof salt, salt);
    rsa_pss_sha256_sign_digest_tr(&rsa, &secret, &generator, chance, sizeof salt, salt, digest, signature);
    octets(ps256, sizeof ps256, signature);
}

static void sign_by_ecdsa(const struct ecc_curve *curve, struct ecc_point *key, uint8_t *signature, size_t half) {
    struct ecc_scalar secret;
    struct dsa_signature numbers;
    uint8_t digest[SHA384_DIGEST_SIZE];
    ecc_point_init(key, curve);
    ecc_scalar_init(&secret, curve);
    dsa_signature_init(&numbers);
    ecdsa_generate_keypair(key, &secret, &generator, chance);
    address(half == 32 ? es256_header : es384_header);
    if (half == 32) sha256_of_message(digest);
    else sha384_of_message(digest);
    ecdsa_sign(&secret, &generator, chance, half, digest, &numbers);
    octets(signature, half, numbers.r);
    octets(signature + half, half, numbers.s);
}

static void sign_by_ed25519(void) {
    uint8_t secret[ED25519_KEY_SIZE];
    chance(&generator, sizeof secret, secret);
    ed25519_sha512_public_key(ed25519, secret);
    address(eddsa_header);
    ed25519_sha512_sign(ed25519, secret, length, message, eddsa);
}

static int verify_rs256(void) {
    uint8_t digest[SHA256_DIGEST_SIZE];
    mpz_t signature;
    sha256_of_message(digest);
    mpz_init(signature);
    mpz_import(signature, sizeof rs256, 1, 1, 1, 0, rs256);
    int valid = rsa_sha256_verify_digest(&rsa, digest, signature);
    mpz_clear(signature);
    return valid;
}

static int verify_ps256(void) {
    uint8_t digest[SHA256_DIGEST_SIZE];
    mpz_t signature;
    sha256_of_message(digest);
    mpz_init(signature);
    mpz_import(signature, sizeof ps256, 1, 1, 1, 0, ps256);
    int valid = rsa_pss_sha256_verify_digest(&rsa, sizeof digest, digest, signature);
    mpz_clear(signature);
    return valid;
}

static int verify_ecdsa(const struct ecc_point *key, const uint8_t *halves, size_t half, const uint8_t *digest) {
    struct dsa_signature signature;
    dsa_signature_init(&signature);
    mpz_import(signature.r, half, 1, 1, 1, 0, halves);
    mpz_import(signature.s, half, 1, 1, 1, 0, halves + half);
    int valid = ecdsa_verify(key, half, digest, &signature);
    dsa_signature_clear(&signature);
    return valid;
}

static int verify_es256(void) {
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_of_message(digest);
    return verify_ecdsa(&p256, es256, 32, digest);
}

static int verify_es384(void) {
    uint8_t digest[SHA384_DIGEST_SIZE];
    sha384_of_message(digest);
    return verify_ecdsa(&p384, es384, 48, digest);
}

static int verify_eddsa(void) { return ed25519_sha512_verify(ed25519, length, message, eddsa); }

static void time_one(const char *name, const char *header, int (*verify)(void)) {
    struct timespec start, end;
    int valid = 0;
    double best = 1e9;
    address(header);
    for (int block = 0; block < blocks; block++) {
        clock_gettime(CLOCK_MONOTONIC, &start);
        for (int i = 0; i < repetitions; i++) valid += verify();
        clock_gettime(CLOCK_MONOTONIC, &end);
        double microseconds = (double)(end.tv_sec - start.tv_sec) * 1e6 + (double)(end.tv_nsec - start.tv_nsec) / 1e3;
        if (microseconds < best) best = microseconds;
    }
    printf("%s %f\n", name, valid == repetitions * blocks ? best / repetitions : -1);
}

static void print_hexadecimal(const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) printf("%02x", bytes[i]);
}

static void print_rsa(const char *name, const uint8_t *signature) {
    uint8_t modulus[256];
    octets(modulus, sizeof modulus, rsa.n);
    printf("%s ", name);
    print_hexadecimal(modulus, sizeof modulus);
    printf(" ");
    print_hexadecimal(signature, sizeof rs256);
    printf("\n");
}

static void print_point(const char *name, const struct ecc_point *key, const uint8_t *signature, size_t half) {
    uint8_t coordinates[96];
    mpz_t x, y;
    mpz_init(x);
    mpz_init(y);
    ecc_point_get(key, x, y);
    octets(coordinates, half, x);
    octets(coordinates + half, half, y);
    printf("%s ", name);
    print_hexadecimal(coordinates, 2 * half);
    printf(" ");
    print_hexadecimal(signature, 2 * half);
    printf("\n");
}

int main(int count, char **arguments) {
    (void)arguments;
    knuth_lfib_init(&generator, 20261130);
    sign_by_rsa();
    sign_by_ecdsa(nettle_get_secp_256r1(), &p256, es256, 32);
    sign_by_ecdsa(nettle_get_secp_384r1(), &p384, es384, 48);
    sign_by_ed25519();
    if (count > 1) {
        time_one("RS256", rs256_header, verify_rs256);
        time_one("PS256", ps256_header, verify_ps256);
        time_one("ES256", es256_header, verify_es256);
        time_one("ES384", es384_header, verify_es384);
        time_one("EdDSA", eddsa_header, verify_eddsa);
    } else {
        print_rsa("RS256", rs256);
        print_rsa("PS256", ps256);
        print_point("ES256", &p256, es256, 32);
        print_point("ES384", &p384, es384, 48);
        printf("EdDSA ");
        print_hexadecimal(ed25519, sizeof ed25519);
        printf(" ");
        print_hexadecimal(eddsa, sizeof eddsa);
        printf("\n");
    }
}
