import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Security;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.x509.Attribute;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.CRLDistPoint;
import org.bouncycastle.asn1.x509.DistributionPoint;
import org.bouncycastle.asn1.x509.DistributionPointName;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.IetfAttrSyntax;
import org.bouncycastle.asn1.x509.RoleSyntax;
import org.bouncycastle.asn1.x509.Target;
import org.bouncycastle.asn1.x509.TargetInformation;
import org.bouncycastle.cert.AttributeCertificateHolder;
import org.bouncycastle.cert.AttributeCertificateIssuer;
import org.bouncycastle.cert.X509AttributeCertificateHolder;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v2AttributeCertificateBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;

/**
 * What Bouncy Castle makes of attribute certificates. Each line of input is a request, and is
 * answered by one line; octets are in base64:
 *
 *   verify CERTIFICATE ISSUER HOLDER MILLISECONDS
 *   make   SERIAL ALGORITHM KEY-ALGORITHM KEY ISSUER HOLDER
 */
public class Oracle {
    static final ASN1ObjectIdentifier ROLE = new ASN1ObjectIdentifier("2.5.4.72");
    static final ASN1ObjectIdentifier GROUP = new ASN1ObjectIdentifier("1.3.6.1.5.5.7.10.4");

    public static void main(String[] args) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] word = line.split(" ");
            String answer;
            try {
                answer = word[0].equals("make") ? make(word) : verify(word);
            } catch (Exception e) {
                answer = "refused " + e.getClass().getSimpleName();
            }
            System.out.println(answer);
        }
    }

    static byte[] octets(String word) {
        return Base64.getDecoder().decode(word);
    }

    /** The answer holds the fields, so that the two readings can be compared. */
    static String verify(String[] word) throws Exception {
        X509AttributeCertificateHolder ac = new X509AttributeCertificateHolder(octets(word[1]));
        X509CertificateHolder issuer = new X509CertificateHolder(octets(word[2]));
        X509CertificateHolder holder = new X509CertificateHolder(octets(word[3]));
        if (!ac.isValidOn(new Date(Long.parseLong(word[4])))) {
            return "refused time";
        }
        if (!ac.getIssuer().getNames()[0].equals(issuer.getSubject())) {
            return "refused issuer";
        }
        // match compares names too, and takes one that fits for enough; who the holder is
        // the issuer and the serial number decide.
        if (!holder.getSerialNumber().equals(ac.getHolder().getSerialNumber())
                || !holder.getIssuer().equals(ac.getHolder().getIssuer()[0])) {
            return "refused holder";
        }
        if (!ac.isSignatureValid(new JcaContentVerifierProviderBuilder().setProvider("BC").build(issuer))) {
            return "refused signature";
        }
        List<String> fields = new ArrayList<>();
        for (Attribute attribute : ac.getAttributes(ROLE)) {
            for (ASN1Encodable value : attribute.getAttributeValues()) {
                fields.add(RoleSyntax.getInstance(value).getRoleNameAsString());
            }
        }
        for (Attribute attribute : ac.getAttributes(GROUP)) {
            IetfAttrSyntax group = IetfAttrSyntax.getInstance(attribute.getAttributeValues()[0]);
            for (Object value : group.getValues()) {
                fields.add("group:" + value);
            }
        }
        Extension targets = ac.getExtension(Extension.targetInformation);
        if (targets != null) {
            for (Target target : TargetInformation.getInstance(targets.getParsedValue()).getTargetsObjects()[0].getTargets()) {
                fields.add("target:" + (target.getTargetName() != null ? target.getTargetName() : target.getTargetGroup()).getName());
            }
        }
        return "accepted " + ac.getSerialNumber() + " " + ac.getNotBefore().getTime() + " " + ac.getNotAfter().getTime()
            + " " + String.join(" ", fields);
    }

    static String make(String[] word) throws Exception {
        PrivateKey key = KeyFactory.getInstance(word[3], "BC").generatePrivate(new PKCS8EncodedKeySpec(octets(word[4])));
        X509CertificateHolder issuer = new X509CertificateHolder(octets(word[5]));
        X509CertificateHolder holder = new X509CertificateHolder(octets(word[6]));
        X509v2AttributeCertificateBuilder builder = new X509v2AttributeCertificateBuilder(
            new AttributeCertificateHolder(holder), new AttributeCertificateIssuer(issuer.getSubject()),
            new BigInteger(word[1]), holder.getNotBefore(), holder.getNotAfter());
        GeneralName role = new GeneralName(GeneralName.uniformResourceIdentifier, "urn:example:role:editor");
        GeneralNames authority = new GeneralNames(new GeneralName(issuer.getSubject()));
        builder.addAttribute(ROLE, new ASN1Encodable[] {new RoleSyntax(role), new RoleSyntax(authority, role)});
        builder.addAttribute(GROUP, IetfAttrSyntax.getInstance(
            new DERSequence(new DERSequence(new ASN1Encodable[] {new DERUTF8String("staff"), new DERUTF8String("readers")}))));
        builder.addExtension(new ASN1ObjectIdentifier("1.3.6.1.5.5.7.1.4"), true, new DEROctetString(new byte[] {1, 2, 3}));
        builder.addExtension(Extension.targetInformation, true, new TargetInformation(new Target[] {
            new Target(Target.targetName, new GeneralName(GeneralName.dNSName, "records.example.org")),
            new Target(Target.targetGroup, new GeneralName(GeneralName.uniformResourceIdentifier, "urn:example:staff"))}));
        builder.addExtension(Extension.authorityKeyIdentifier, false, new AuthorityKeyIdentifier(new byte[] {1, 2, 3, 4}));
        if (word[1].endsWith("0")) {
            builder.addExtension(Extension.noRevAvail, false, DERNull.INSTANCE);
        } else {
            GeneralName crl = new GeneralName(GeneralName.uniformResourceIdentifier, "https://example.org/attributes.crl");
            builder.addExtension(Extension.cRLDistributionPoints, false, new CRLDistPoint(new DistributionPoint[] {
                new DistributionPoint(new DistributionPointName(new GeneralNames(crl)), null, null)}));
        }
        byte[] der = builder.build(new JcaContentSignerBuilder(word[2]).setProvider("BC").build(key)).getEncoded();
        return "made " + Base64.getEncoder().encodeToString(der);
    }
}
