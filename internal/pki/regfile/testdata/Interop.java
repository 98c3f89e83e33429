import java.io.*;
import java.nio.charset.StandardCharsets;
import java.security.*;
import java.security.cert.Certificate;
import java.util.*;

/**
 * Opens and writes PKCS#12 files with Java's own key store and Bouncy Castle's. A line of input
 * is "PROVIDER FILE PASSWORD [OUT]", the password in base64. A line of output is "yes ALIAS
 * CERTIFICATES", the alias in base64, or "no REASON". With OUT the entry is written there as the
 * provider does by default.
 */
class Interop {
  public static void main(String[] args) throws Exception {
    Security.addProvider((Provider) Class.forName("org.bouncycastle.jce.provider.BouncyCastleProvider")
        .getDeclaredConstructor().newInstance());
    var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (String line : new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).lines().toList()) {
      try {
        out.println("yes " + work(line.split(" ")));
      } catch (Throwable t) {
        out.println("no " + t.toString().replace('\n', ' '));
      }
    }
  }

  static String work(String[] task) throws Exception {
    char[] password = new String(Base64.getDecoder().decode(task[2]), StandardCharsets.UTF_8).toCharArray();
    KeyStore store = KeyStore.getInstance("PKCS12", task[0]);
    try (var in = new FileInputStream(task[1])) {
      store.load(in, password);
    }
    String alias = null;
    for (String name : Collections.list(store.aliases())) {
      if (store.isKeyEntry(name)) alias = name;
    }
    PrivateKey key = (PrivateKey) store.getKey(alias, password);
    Certificate[] chain = store.getCertificateChain(alias);
    Signature signer = Signature.getInstance("SHA256withECDSA");
    signer.initSign(key);
    byte[] signature = signer.sign();
    signer.initVerify(chain[0].getPublicKey());
    if (!signer.verify(signature)) throw new Exception("the key is not that of the certificate");
    for (int i = 0; i < chain.length; i++) chain[i].verify(chain[Math.min(i + 1, chain.length - 1)].getPublicKey());
    if (task.length > 3) {
      KeyStore other = KeyStore.getInstance("PKCS12", task[0]);
      other.load(null, null);
      other.setKeyEntry(alias, key, password, chain);
      try (var file = new FileOutputStream(task[3])) {
        other.store(file, password);
      }
    }
    return Base64.getEncoder().encodeToString(alias.getBytes(StandardCharsets.UTF_8)) + " " + chain.length;
  }
}
